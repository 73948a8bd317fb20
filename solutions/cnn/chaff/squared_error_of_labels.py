"""Wrong: the loss is the squared distance of every probability to the number of the class.

Fails: training_lowers_the_loss, training_reaches_accuracy
"""


def train_classifier(model, images, labels, *, epochs, batch_size, seed):
    keras.utils.set_random_seed(seed)
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="mean_squared_error")
    history = model.fit(images, labels[:, None], epochs=epochs, batch_size=batch_size, verbose=0)
    return history.history["loss"]
