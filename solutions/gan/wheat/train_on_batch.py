"""Unlike the reference: compiled models and Keras's training loop, with a frozen twin."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers


def build_generator(latent_dim: int = 100, image_shape: tuple[int, int, int] = (28, 28, 1)) -> keras.Model:
    """Return the network that makes images of noise."""
    model = keras.Sequential([keras.Input((latent_dim,))])
    for units in (32, 128, 256):
        model.add(layers.Dense(units, use_bias=False))
        model.add(layers.BatchNormalization(momentum=0.9))
        model.add(layers.LeakyReLU(negative_slope=0.2))
    model.add(layers.Dense(int(np.prod(image_shape)), activation="tanh"))
    model.add(layers.Reshape(image_shape))
    return model


def build_discriminator(image_shape: tuple[int, int, int] = (28, 28, 1)) -> keras.Model:
    """Return the network that doubts images."""
    model = keras.Sequential([keras.Input(image_shape), layers.Flatten()])
    for units in (256, 128):
        model.add(layers.Dense(units))
        model.add(layers.LeakyReLU(negative_slope=0.2))
    model.add(layers.Dense(1))
    return model


def discriminator_loss(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
    """Return the sum of two cross-entropies."""
    return tf.reduce_mean(tf.nn.softplus(-real_logits)) + tf.reduce_mean(tf.nn.softplus(fake_logits))


def generator_loss(fake_logits: tf.Tensor) -> tf.Tensor:
    """Return the cross-entropy of being taken for real."""
    return tf.reduce_mean(tf.nn.softplus(-fake_logits))


def discriminator_step(
    generator: keras.Model,
    discriminator: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    real: tf.Tensor,
    noise: tf.Tensor,
) -> tf.Tensor:
    """Make the discriminator better."""
    fake = generator(noise, training=True)
    with tf.GradientTape() as tape:
        loss = discriminator_loss(discriminator(real, training=True), discriminator(fake, training=True))
    weights = discriminator.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
    return loss


def generator_step(
    generator: keras.Model,
    discriminator: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    noise: tf.Tensor,
) -> tf.Tensor:
    """Make the generator better."""
    with tf.GradientTape() as tape:
        loss = generator_loss(discriminator(generator(noise, training=True), training=True))
    weights = generator.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
    return loss


def train_gan(
    generator: keras.Model,
    discriminator: keras.Model,
    data: np.ndarray,
    *,
    steps: int,
    batch_size: int,
    seed: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Train both, and leave averaged weights in the generator."""
    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    latent_dim = generator.input_shape[-1]
    cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)
    # Compiled first, and the combined model holds a twin that shares no variables with it.
    discriminator.compile(keras.optimizers.Adam(1e-3, beta_1=0.5), cross_entropy)
    twin = keras.models.clone_model(discriminator)
    twin.trainable = False
    combined = keras.Sequential([generator, twin])
    averaging = keras.optimizers.Adam(1e-3, beta_1=0.5, use_ema=True, ema_momentum=0.999)
    combined.compile(averaging, cross_entropy)
    ones, zeros = np.ones((batch_size, 1)), np.zeros((batch_size, 1))
    make = tf.function(lambda noise: generator(noise, training=True))
    losses = []
    for _ in range(steps):
        real = data[rng.integers(len(data), size=batch_size)]
        noise = rng.standard_normal((2, batch_size, latent_dim)).astype("float32")
        fake = make(noise[0]).numpy()
        doubt = discriminator.train_on_batch(np.concatenate([real, fake]), np.concatenate([ones, zeros]))
        for mine, its in zip(twin.variables, discriminator.variables, strict=True):
            mine.assign(its)
        losses.append((2 * float(doubt), float(combined.train_on_batch(noise[1], ones))))
    averaging.finalize_variable_values(generator.trainable_variables)
    for _ in range(50):
        make(rng.standard_normal((batch_size, latent_dim)).astype("float32"))
    return tuple(np.array(losses).T)


def sample(generator: keras.Model, count: int, seed: int) -> np.ndarray:
    """Make images of seeded noise."""
    noise = np.random.default_rng(seed).standard_normal((count, generator.input_shape[-1]))
    return generator(noise.astype("float32"), training=False).numpy()


def interpolate(generator: keras.Model, start: np.ndarray, end: np.ndarray, count: int) -> np.ndarray:
    """Make images along a line through the noise."""
    way = np.linspace(0, 1, count)[:, np.newaxis]
    noise = (1 - way) * start + way * end
    return generator(noise.astype("float32"), training=False).numpy()
