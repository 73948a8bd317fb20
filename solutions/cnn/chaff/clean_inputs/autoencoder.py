"""Wrong: `train_autoencoder` shows the network the targets only, so that it never meets noise.

Fails: denoising_removes_noise
"""


def train_autoencoder(autoencoder, inputs, targets, *, epochs, batch_size, seed):
    keras.utils.set_random_seed(seed)
    autoencoder.compile(keras.optimizers.Adam(1e-3), "mean_squared_error")
    history = autoencoder.fit(targets, targets, batch_size=batch_size, epochs=epochs, verbose=0)
    return history.history["loss"]
