"""Unlike the reference: one forward pass for both gradients, an average by hand."""

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
    adams = [keras.optimizers.Adam(1e-3, beta_1=0.5) for _ in range(2)]
    weights = discriminator.trainable_variables, generator.trainable_variables
    for adam, each in zip(adams, weights, strict=True):
        adam.build(each)
    latent_dim = generator.input_shape[-1]
    batches = (
        tf.data.Dataset.from_tensor_slices(data.astype("float32")).shuffle(len(data), seed=seed).repeat()
    )
    averages = [tf.Variable(each) for each in weights[1]]

    @tf.function
    def step(real: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape(persistent=True) as tape:
            fake = generator(tf.random.normal((batch_size, latent_dim)), training=True)
            doubts = discriminator(real, training=True), discriminator(fake, training=True)
            losses = discriminator_loss(*doubts), generator_loss(doubts[1])
        for adam, loss, each in zip(adams, losses, weights, strict=True):
            adam.apply(tape.gradient(loss, each), each)
        for average, each in zip(averages, weights[1], strict=True):
            average.assign(0.998 * average + 0.002 * each)
        return losses

    losses = [step(real) for real in batches.batch(batch_size).take(steps)]
    for average, each in zip(averages, weights[1], strict=True):
        each.assign(average)
    for _ in range(100):
        generator(tf.random.normal((batch_size, latent_dim)), training=True)
    return [float(loss) for loss, _ in losses], [float(loss) for _, loss in losses]


def sample(generator: keras.Model, count: int, seed: int) -> np.ndarray:
    """Make images of seeded noise."""
    noise = np.random.default_rng(seed).standard_normal((count, generator.input_shape[-1]))
    return generator(noise.astype("float32"), training=False).numpy()


def interpolate(generator: keras.Model, start: np.ndarray, end: np.ndarray, count: int) -> np.ndarray:
    """Make images along a line through the noise."""
    way = np.linspace(0, 1, count)[:, np.newaxis]
    noise = (1 - way) * start + way * end
    return generator(noise.astype("float32"), training=False).numpy()
