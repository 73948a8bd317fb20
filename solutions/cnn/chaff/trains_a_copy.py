"""Wrong: a copy of the network is trained, and the network itself stays as it was.

The losses that it returns look right.

Fails: training_lowers_the_loss, training_reaches_accuracy
"""


def train_classifier(model, images, labels, *, epochs, batch_size, seed):
    keras.utils.set_random_seed(seed)
    model = keras.models.clone_model(model)
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    fitted = model.fit(images, labels, epochs=epochs, batch_size=batch_size, verbose=0)
    return fitted.history["loss"]
