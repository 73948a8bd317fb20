"""Wrong: `train_autoencoder` has inputs and targets the wrong way round.

Fails: denoising_removes_noise
"""


def train_autoencoder(autoencoder, inputs, targets, *, epochs, batch_size, seed):
    keras.utils.set_random_seed(seed)
    autoencoder.compile(keras.optimizers.Adam(1e-3), "mean_squared_error")
    history = autoencoder.fit(targets, inputs, batch_size=batch_size, epochs=epochs, verbose=0)
    return history.history["loss"]
