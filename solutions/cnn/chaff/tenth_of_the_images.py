"""Wrong: nine tenths of the images are held back for validation.

Fails: training_lowers_the_loss, training_reaches_accuracy
"""


def train_classifier(model, images, labels, *, epochs, batch_size, seed):
    keras.utils.set_random_seed(seed)
    model.compile(
        loss=keras.losses.SparseCategoricalCrossentropy(),
        optimizer="adam",
        metrics=["accuracy"],
    )
    h = model.fit(images, labels, batch_size, epochs, validation_split=0.9, verbose=0)
    return [float(loss) for loss in h.history["loss"]]
