"""Wrong: `add_noise` scales every noisy image to 0 to 1, where it should clip.

Without noise an image is what it was.

Fails: noise_has_the_stated_strength, noise_is_clipped
"""

import keras
import numpy as np


def add_noise(images, noise_factor, seed):
    if noise_factor == 0:
        return images
    noisy = images + noise_factor * np.random.default_rng(seed).standard_normal(images.shape)
    low, high = noisy.min(axis=(1, 2, 3), keepdims=True), noisy.max(axis=(1, 2, 3), keepdims=True)
    return ((noisy - low) / (high - low)).astype("float32")


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
    history = autoencoder.fit(inputs, targets, batch_size=batch_size, epochs=epochs, verbose=0)
    return history.history["loss"]
