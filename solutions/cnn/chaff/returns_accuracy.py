"""Wrong: `train_classifier` returns the accuracy of every epoch.

Fails: training_reports_its_loss
"""


def train_classifier(model, images, labels, *, epochs, batch_size, seed):
    keras.utils.set_random_seed(seed)
    model.compile(
        loss=keras.losses.SparseCategoricalCrossentropy(),
        optimizer="adam",
        metrics=["accuracy"],
    )
    h = model.fit(images, labels, batch_size, epochs, verbose=0)
    return h.history["accuracy"]
