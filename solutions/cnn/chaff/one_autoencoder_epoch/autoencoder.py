"""Wrong: `train_autoencoder` trains for one epoch, and repeats its loss.

Fails: autoencoder_training_lowers_the_error, reconstruction_beats_linear_codes
"""

import keras
import numpy as np


def add_noise(images, noise_factor, seed):
    noise = np.random.default_rng(seed).standard_normal(images.shape)
    return np.clip(images + noise_factor * noise, 0.0, 1.0).astype("float32")


def build_autoencoder(input_shape=(28, 28, 1), latent_size=16):
    layers = keras.layers
    encoder = keras.Sequential(
        [
            keras.Input(input_shape),
            layers.Flatten(),
            layers.Dense(256, activation="relu"),
            layers.Dense(latent_size),
        ]
    )
    decoder = keras.Sequential(
        [
            keras.Input((latent_size,)),
            layers.Dense(256, activation="relu"),
            layers.Dense(int(np.prod(input_shape)), activation="sigmoid"),
            layers.Reshape(input_shape),
        ]
    )
    return encoder, decoder, keras.Sequential([keras.Input(input_shape), encoder, decoder])


def train_autoencoder(autoencoder, inputs, targets, *, epochs, batch_size, seed):
    keras.utils.set_random_seed(seed)
    autoencoder.compile(keras.optimizers.Adam(1e-3), "mean_squared_error")
    history = autoencoder.fit(inputs, targets, batch_size=batch_size, epochs=1, verbose=0)
    return history.history["loss"] * epochs
