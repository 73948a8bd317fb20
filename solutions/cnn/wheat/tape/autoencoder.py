"""Unlike the reference: shared layers, batches by hand with a gradient tape, a loss summed over pixels."""

import keras
import numpy as np
import tensorflow as tf


def add_noise(images: np.ndarray, noise_factor: float, seed: int) -> np.ndarray:
    """Add noise of NumPy's, and clip."""
    noise = np.random.default_rng(seed).standard_normal(images.shape)
    return np.clip(images + noise_factor * noise, 0.0, 1.0).astype("float32")


def build_autoencoder(
    input_shape: tuple[int, int, int] = (28, 28, 1), latent_size: int = 16
) -> tuple[keras.Model, keras.Model, keras.Model]:
    """Build the whole of single layers, and both halves of the same ones."""
    layers = keras.layers
    down = [layers.Flatten(), layers.Dense(300, activation="relu"), layers.Dense(latent_size)]
    up = [
        layers.Dense(300, activation="relu"),
        layers.Dense(int(np.prod(input_shape)), activation="sigmoid"),
        layers.Reshape(input_shape),
    ]
    images, codes = keras.Input(input_shape), keras.Input((latent_size,))
    code, drawn, drawn_again = images, codes, None
    for layer in down:
        code = layer(code)
    drawn_again = code
    for layer in up:
        drawn, drawn_again = layer(drawn), layer(drawn_again)
    return keras.Model(images, code), keras.Model(codes, drawn), keras.Model(images, drawn_again)


def train_autoencoder(
    autoencoder: keras.Model,
    inputs: np.ndarray,
    targets: np.ndarray,
    *,
    epochs: int,
    batch_size: int,
    seed: int,
) -> list[float]:
    """Go through all batches by hand."""
    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    optimizer = keras.optimizers.Adam(1e-3)

    @tf.function
    def step(images: tf.Tensor, wanted: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            error = tf.reduce_sum((autoencoder(images, training=True) - wanted) ** 2, axis=(1, 2, 3))
            loss = tf.reduce_mean(error)
        variables = autoencoder.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return loss

    losses = []
    for _ in range(epochs):
        order = rng.permutation(len(inputs))
        batches = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
        found = [(float(step(inputs[batch], targets[batch])), len(batch)) for batch in batches]
        losses.append(sum(loss * count for loss, count in found) / len(inputs))
    return losses
