"""Wrong: `train_autoencoder` trains a copy.

Fails: autoencoder_training_lowers_the_error, reconstruction_beats_linear_codes
"""


def train_autoencoder(autoencoder, inputs, targets, *, epochs, batch_size, seed):
    keras.utils.set_random_seed(seed)
    autoencoder = keras.models.clone_model(autoencoder)
    autoencoder.compile(keras.optimizers.Adam(1e-3), "mean_squared_error")
    history = autoencoder.fit(inputs, targets, batch_size=batch_size, epochs=epochs, verbose=0)
    return history.history["loss"]
