"""Wrong: the convolutions are frozen, as for transfer learning, but there is nothing to transfer.

Fails: training_lowers_the_loss, training_reaches_accuracy
"""


def train_classifier(model, images, labels, *, epochs, batch_size, seed):
    keras.utils.set_random_seed(seed)
    for layer in model.layers:
        layer.trainable = layer.name == "probabilities"
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="sparse_categorical_crossentropy")
    return model.fit(images, labels, epochs=epochs, batch_size=batch_size, verbose=0).history["loss"]
