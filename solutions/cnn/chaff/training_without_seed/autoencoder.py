"""Wrong: `train_autoencoder` leaves the seed unused.

Fails: autoencoder_training_follows_from_its_seed
"""


def train_autoencoder(autoencoder, inputs, targets, *, epochs, batch_size, seed):
    autoencoder.compile(keras.optimizers.Adam(1e-3), "mean_squared_error")
    history = autoencoder.fit(inputs, targets, batch_size=batch_size, epochs=epochs, verbose=0)
    return history.history["loss"]
