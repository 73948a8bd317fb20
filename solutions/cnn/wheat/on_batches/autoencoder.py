"""Unlike the reference: convolutions without strides, pooling and upsampling, `train_on_batch`."""

import keras
import numpy as np


def add_noise(images: np.ndarray, noise_factor: float, seed: int) -> np.ndarray:
    """Add noise of NumPy's, and clip."""
    noise = np.random.default_rng(seed).standard_normal(images.shape)
    return np.clip(images + noise_factor * noise, 0.0, 1.0).astype("float32")


def build_autoencoder(
    input_shape: tuple[int, int, int] = (28, 28, 1), latent_size: int = 16
) -> tuple[keras.Model, keras.Model, keras.Model]:
    """Pool down, and repeat pixels up."""
    layers = keras.layers
    height, width, channels = input_shape
    encoder = keras.Sequential(
        [
            keras.Input(input_shape),
            layers.Conv2D(12, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(24, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(latent_size),
        ]
    )
    decoder = keras.Sequential(
        [
            keras.Input((latent_size,)),
            layers.Dense(height // 4 * (width // 4) * 24, activation="relu"),
            layers.Reshape((height // 4, width // 4, 24)),
            layers.UpSampling2D(2),
            layers.Conv2D(12, 3, padding="same", activation="relu"),
            layers.UpSampling2D(2),
            layers.Conv2D(channels, 3, padding="same", activation="sigmoid"),
        ]
    )
    return encoder, decoder, keras.Sequential([encoder, decoder])


def train_autoencoder(
    autoencoder: keras.Model,
    inputs: np.ndarray,
    targets: np.ndarray,
    *,
    epochs: int,
    batch_size: int,
    seed: int,
) -> list[float]:
    """Call Keras's own step for each batch."""
    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    autoencoder.compile(optimizer=keras.optimizers.Adam(2e-3), loss="mean_squared_error")
    losses = []
    for _ in range(epochs):
        order = rng.permutation(len(inputs))
        found = [
            float(autoencoder.train_on_batch(inputs[batch], targets[batch]))
            for batch in np.array_split(order, -(-len(order) // batch_size))
        ]
        losses.append(found[-1])  # Keras gives the mean since the metrics were reset
        autoencoder.reset_metrics()
    return losses
