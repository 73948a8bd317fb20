"""Wrong: `train_autoencoder` shuffles the inputs, and leaves the targets in their order.

Fails: autoencoder_training_lowers_the_error, reconstruction_beats_linear_codes
"""


def train_autoencoder(autoencoder, inputs, targets, *, epochs, batch_size, seed):
    keras.utils.set_random_seed(seed)
    autoencoder.compile(keras.optimizers.Adam(1e-3), "mean_squared_error")
    order = np.random.permutation(len(inputs))
    history = autoencoder.fit(inputs[order], targets, batch_size=batch_size, epochs=epochs, verbose=0)
    return history.history["loss"]
