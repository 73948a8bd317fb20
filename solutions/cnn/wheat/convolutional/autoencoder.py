"""Unlike the reference: convolutions and transposed ones, functional, cross-entropy, noise from Keras."""

import keras
import numpy as np


def add_noise(images: np.ndarray, noise_factor: float, seed: int) -> np.ndarray:
    """Add noise that Keras draws."""
    noise = keras.random.normal(images.shape, stddev=noise_factor, seed=seed)
    return np.asarray(keras.ops.clip(images + noise, 0.0, 1.0))


def build_autoencoder(
    input_shape: tuple[int, int, int] = (28, 28, 1), latent_size: int = 16
) -> tuple[keras.Model, keras.Model, keras.Model]:
    """Halve height and width twice, and double them again."""
    layers = keras.layers
    height, width, channels = input_shape
    images, codes = keras.Input(input_shape), keras.Input((latent_size,))

    seen = layers.Conv2D(16, 3, strides=2, padding="same", activation="relu")(images)
    seen = layers.Conv2D(32, 3, strides=2, padding="same", activation="relu")(seen)
    encoder = keras.Model(images, layers.Dense(latent_size)(layers.Flatten()(seen)), name="encoder")

    drawn = layers.Dense(height // 4 * (width // 4) * 32, activation="relu")(codes)
    drawn = layers.Reshape((height // 4, width // 4, 32))(drawn)
    drawn = layers.Conv2DTranspose(16, 3, strides=2, padding="same", activation="relu")(drawn)
    drawn = layers.Conv2DTranspose(channels, 3, strides=2, padding="same", activation="sigmoid")(drawn)
    decoder = keras.Model(codes, drawn, name="decoder")

    return encoder, decoder, keras.Model(images, decoder(encoder(images)), name="autoencoder")


def train_autoencoder(
    autoencoder: keras.Model,
    inputs: np.ndarray,
    targets: np.ndarray,
    *,
    epochs: int,
    batch_size: int,
    seed: int,
) -> list[float]:
    """Take each pixel for the probability of ink."""
    keras.utils.set_random_seed(seed)
    autoencoder.compile(optimizer=keras.optimizers.Adam(2e-3), loss=keras.losses.BinaryCrossentropy())
    return autoencoder.fit(inputs, targets, batch_size=batch_size, epochs=epochs, verbose=0).history["loss"]
