"""Wrong: the loss is the one for one-hot labels, and the labels are numbers.

Fails: training_lowers_the_loss, training_reaches_accuracy
"""


def train_classifier(model, images, labels, *, epochs, batch_size, seed):
    keras.utils.set_random_seed(seed)
    model.compile("adam", "categorical_crossentropy")
    return model.fit(images, labels, epochs=epochs, batch_size=batch_size, verbose=0).history["loss"]
