"""Unlike the reference: deeper, with noise and normalization, built by `add`, another optimizer."""

import keras
import numpy as np


def add_noise(images: np.ndarray, noise_factor: float, seed: int) -> np.ndarray:
    """Add noise from a source of the older kind."""
    noisy = images + np.random.RandomState(seed).normal(0.0, noise_factor, images.shape)
    return np.minimum(np.maximum(noisy, 0), 1)


def build_autoencoder(
    input_shape: tuple[int, int, int] = (28, 28, 1), latent_size: int = 16
) -> tuple[keras.Model, keras.Model, keras.Model]:
    """Go down and up in steps."""
    layers = keras.layers
    encoder, decoder = keras.Sequential(name="down"), keras.Sequential(name="up")
    encoder.add(keras.Input(input_shape))
    encoder.add(layers.Flatten())
    encoder.add(layers.GaussianNoise(0.05))
    for units in (320, 160):
        encoder.add(layers.Dense(units, activation="elu"))
        encoder.add(layers.BatchNormalization())
    encoder.add(layers.Dense(latent_size, name="code"))
    decoder.add(keras.Input((latent_size,)))
    for units in (160, 320):
        decoder.add(layers.Dense(units, activation="elu"))
    decoder.add(layers.Dropout(0.02))
    decoder.add(layers.Dense(input_shape[0] * input_shape[1] * input_shape[2]))
    decoder.add(layers.Activation("sigmoid"))
    decoder.add(layers.Reshape(input_shape))
    images = keras.Input(input_shape)
    return encoder, decoder, keras.Model(images, decoder(encoder(images)))


def train_autoencoder(
    autoencoder: keras.Model,
    inputs: np.ndarray,
    targets: np.ndarray,
    *,
    epochs: int,
    batch_size: int,
    seed: int,
) -> list[float]:
    """Train with Nesterov's momentum in Adam."""
    keras.utils.set_random_seed(seed)
    autoencoder.compile(optimizer=keras.optimizers.Nadam(1e-3), loss="mse")
    return autoencoder.fit(inputs, targets, batch_size=batch_size, epochs=epochs, verbose=0).history["loss"]
