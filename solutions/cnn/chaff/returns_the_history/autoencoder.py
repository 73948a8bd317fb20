"""Wrong: `train_autoencoder` returns Keras's History.

Fails: autoencoder_training_returns_losses
"""


def train_autoencoder(autoencoder, inputs, targets, *, epochs, batch_size, seed):
    keras.utils.set_random_seed(seed)
    autoencoder.compile(keras.optimizers.Adam(1e-3), "mean_squared_error")
    history = autoencoder.fit(inputs, targets, batch_size=batch_size, epochs=epochs, verbose=0)
    return history
