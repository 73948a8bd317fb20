"""Wrong: the learning rate is 1: after a few steps no ReLU is alive.

Fails: training_lowers_the_loss, training_reaches_accuracy
"""


def train_classifier(model, images, labels, *, epochs, batch_size, seed):
    keras.utils.set_random_seed(seed)
    model.compile(
        loss=keras.losses.SparseCategoricalCrossentropy(),
        optimizer=keras.optimizers.Adam(learning_rate=1.0),
        metrics=["accuracy"],
    )
    h = model.fit(images, labels, batch_size, epochs, verbose=0)
    return [float(loss) for loss in h.history["loss"]]
