"""Wrong: `train_classifier` returns the history object instead of a list.

The network is trained as it should be.

Fails: training_returns_losses
"""


def train_classifier(model, images, labels, *, epochs, batch_size, seed):
    keras.utils.set_random_seed(seed)
    model.compile(
        loss=keras.losses.SparseCategoricalCrossentropy(),
        optimizer="adam",
        metrics=["accuracy"],
    )
    return model.fit(images, labels, batch_size, epochs, verbose=0)
