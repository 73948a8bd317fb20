"""Wrong: `train_autoencoder` has a learning rate a hundred times too small.

Fails: autoencoder_training_lowers_the_error, reconstruction_beats_linear_codes
"""


def train_autoencoder(autoencoder, inputs, targets, *, epochs, batch_size, seed):
    keras.utils.set_random_seed(seed)
    autoencoder.compile(keras.optimizers.Adam(1e-5), "mean_squared_error")
    history = autoencoder.fit(inputs, targets, batch_size=batch_size, epochs=epochs, verbose=0)
    return history.history["loss"]
