"""Unlike the reference: two small convolutional networks.

May miss: samples_look_like_digits, samples_show_all_digits
"""

import keras
import numpy as np
import tensorflow as tf
from keras import layers


def build_generator(latent_dim: int = 100, image_shape: tuple[int, int, int] = (28, 28, 1)) -> keras.Model:
    """Return the network that makes images of noise."""
    height, width, channels = image_shape
    model = keras.Sequential([keras.Input((latent_dim,))])
    model.add(layers.Dense(height // 4 * (width // 4) * 16, use_bias=False))
    model.add(layers.BatchNormalization(momentum=0.9))
    model.add(layers.LeakyReLU(negative_slope=0.2))
    model.add(layers.Reshape((height // 4, width // 4, 16)))
    model.add(layers.Conv2DTranspose(12, 4, strides=2, padding="same", use_bias=False))
    model.add(layers.BatchNormalization(momentum=0.9))
    model.add(layers.LeakyReLU(negative_slope=0.2))
    model.add(layers.Conv2DTranspose(channels, 4, strides=2, padding="same", activation="tanh"))
    return model


def build_discriminator(image_shape: tuple[int, int, int] = (28, 28, 1)) -> keras.Model:
    """Return the network that doubts images."""
    model = keras.Sequential([keras.Input(image_shape)])
    for filters in (8, 16):
        model.add(layers.Conv2D(filters, 4, strides=2, padding="same"))
        model.add(layers.LeakyReLU(negative_slope=0.2))
    model.add(layers.Flatten())
    model.add(layers.Dense(128))
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
    of_generator = keras.optimizers.Adam(1e-3, beta_1=0.5, use_ema=True, ema_momentum=0.999)
    of_discriminator = keras.optimizers.Adam(1e-3, beta_1=0.5)
    of_generator.build(generator.trainable_variables)
    of_discriminator.build(discriminator.trainable_variables)
    data = tf.constant(data, tf.float32)
    shape = (batch_size, generator.input_shape[-1])

    @tf.function
    def train() -> tuple[tf.Tensor, tf.Tensor]:
        losses = tf.TensorArray(tf.float32, steps), tf.TensorArray(tf.float32, steps)
        for step in tf.range(steps):
            real = tf.gather(data, tf.random.uniform((batch_size,), 0, len(data), tf.int32))
            noise = tf.random.normal(shape), tf.random.normal(shape)
            doubt = discriminator_step(generator, discriminator, of_discriminator, real, noise[0])
            trust = generator_step(generator, discriminator, of_generator, noise[1])
            losses = losses[0].write(step, doubt), losses[1].write(step, trust)
        return losses[0].stack(), losses[1].stack()

    losses = train()
    of_generator.finalize_variable_values(generator.trainable_variables)
    for _ in range(50):
        generator(tf.random.normal(shape), training=True)
    return losses[0].numpy(), losses[1].numpy()


def sample(generator: keras.Model, count: int, seed: int) -> np.ndarray:
    """Make images of seeded noise."""
    noise = np.random.default_rng(seed).standard_normal((count, generator.input_shape[-1]))
    return generator(noise.astype("float32"), training=False).numpy()


def interpolate(generator: keras.Model, start: np.ndarray, end: np.ndarray, count: int) -> np.ndarray:
    """Make images along a line through the noise."""
    way = np.linspace(0, 1, count)[:, np.newaxis]
    noise = (1 - way) * start + way * end
    return generator(noise.astype("float32"), training=False).numpy()
