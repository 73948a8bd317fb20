"""Wrong: the first convolution keeps its random kernels.

The other layers make up for it: loss and accuracy are as good as with it.

Fails: training_changes_every_layer
"""


def train_classifier(model, images, labels, *, epochs, batch_size, seed):
    keras.utils.set_random_seed(seed)
    rate = keras.optimizers.schedules.ExponentialDecay(3e-3, len(images) // batch_size, 0.75)
    model.layers[0].trainable = False  # edges are always the same
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    return model.fit(images, labels, epochs=epochs, batch_size=batch_size, verbose=0).history["loss"]
