"""Generative adversarial networks: two networks that teach each other, one to make images, one to doubt them.

Images are arrays of shape (N, height, width, channels) from -1 (paper) to 1 (ink). Noise is an array of shape
(N, latent_dim) of standard normal numbers. A logit is a number before the sigmoid: above 0 for "real".
"""

import keras
import numpy as np
import tensorflow as tf
from keras import layers


def build_generator(latent_dim: int = 100, image_shape: tuple[int, int, int] = (28, 28, 1)) -> keras.Model:
    """Build the network that makes images of noise.

    Its last activation is tanh, so that what it makes lies between -1 and 1 as the data do. Which layers come
    before is up to you; dense layers of 32, 128 and 256 units, each followed by batch normalization and a
    leaky ReLU, do well.

    Args:
        latent_dim: numbers of noise for each image.
        image_shape: (height, width, channels) of an image.

    Returns:
        A network from (N, latent_dim) to (N, height, width, channels).
    """
    ### BEGIN SOLUTION
    model = keras.Sequential([keras.Input((latent_dim,))])
    for units in (32, 128, 256):
        model.add(layers.Dense(units, use_bias=False))  # batch normalization brings a bias of its own
        model.add(layers.BatchNormalization(momentum=0.9))
        model.add(layers.LeakyReLU(negative_slope=0.2))
    model.add(layers.Dense(int(np.prod(image_shape)), activation="tanh"))
    model.add(layers.Reshape(image_shape))
    return model
    ### END SOLUTION


def build_discriminator(image_shape: tuple[int, int, int] = (28, 28, 1)) -> keras.Model:
    """Build the network that doubts images.

    It gives one logit for each image. There is no sigmoid at its end: the losses below contain it. Which
    layers come before is up to you; dense layers of 256 and 128 units, each followed by a leaky ReLU, do
    well. Batch normalization does not belong here: real and generated images come in batches of their own,
    and it would take away how the one batch differs from the other.

    Args:
        image_shape: (height, width, channels) of an image.

    Returns:
        A network from (N, height, width, channels) to (N, 1).
    """
    ### BEGIN SOLUTION
    model = keras.Sequential([keras.Input(image_shape), layers.Flatten()])
    for units in (256, 128):
        model.add(layers.Dense(units))
        model.add(layers.LeakyReLU(negative_slope=0.2))
    model.add(layers.Dense(1))
    return model
    ### END SOLUTION


def discriminator_loss(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
    """Return what the discriminator has to make small: the sum of two binary cross-entropies.

        mean of -log(σ(real)) + mean of -log(1 - σ(fake))

    It has to be right for large logits as well, where σ is 0 or 1 for a computer: see the handout.

    Args:
        real_logits: (N, 1), for real images; the label of each is 1.
        fake_logits: (M, 1), for generated ones; the label of each is 0.

    Returns:
        One number.
    """
    ### BEGIN SOLUTION
    # -log(σ(x)) = softplus(-x) and -log(1 - σ(x)) = softplus(x), which never overflow.
    return tf.reduce_mean(tf.nn.softplus(-real_logits)) + tf.reduce_mean(tf.nn.softplus(fake_logits))
    ### END SOLUTION


def generator_loss(fake_logits: tf.Tensor) -> tf.Tensor:
    """Return what the generator has to make small: its images are to be taken for real ones.

        mean of -log(σ(fake))

    Args:
        fake_logits: (N, 1), what the discriminator says of generated images.

    Returns:
        One number.
    """
    ### BEGIN SOLUTION
    return tf.reduce_mean(tf.nn.softplus(-fake_logits))
    ### END SOLUTION


def discriminator_step(
    generator: keras.Model,
    discriminator: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    real: tf.Tensor,
    noise: tf.Tensor,
) -> tf.Tensor:
    """Take one step that makes the discriminator better, and leave the generator's trained weights alone.

    Both networks run in training mode. Real and generated images go through the discriminator one batch
    after the other.

    Args:
        generator: makes images of noise.
        discriminator: gives logits for images.
        optimizer: of the discriminator.
        real: (N, ...), a batch of the data.
        noise: (M, latent_dim).

    Returns:
        The discriminator's loss before the step.
    """
    ### BEGIN SOLUTION
    fake = generator(noise, training=True)
    with tf.GradientTape() as tape:
        loss = discriminator_loss(discriminator(real, training=True), discriminator(fake, training=True))
    weights = discriminator.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
    return loss
    ### END SOLUTION


def generator_step(
    generator: keras.Model,
    discriminator: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    noise: tf.Tensor,
) -> tf.Tensor:
    """Take one step that makes the generator better, and leave the discriminator alone.

    Both networks run in training mode. The gradient goes through the discriminator, to the generator's
    weights only.

    Args:
        generator: makes images of noise.
        discriminator: gives logits for images.
        optimizer: of the generator.
        noise: (N, latent_dim).

    Returns:
        The generator's loss before the step.
    """
    ### BEGIN SOLUTION
    with tf.GradientTape() as tape:
        loss = generator_loss(discriminator(generator(noise, training=True), training=True))
    weights = generator.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
    return loss
    ### END SOLUTION


def train_gan(
    generator: keras.Model,
    discriminator: keras.Model,
    data: np.ndarray,
    *,
    steps: int,
    batch_size: int,
    seed: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Train two networks against each other, and leave averaged weights in the generator.

    Each step draws a batch of the data at random and fresh noise, and takes one step of each network. The
    networks may be any: images of any shape, or points in a plane. Called again with the same networks, it
    goes on from where they are.

    The generator runs in circles while it is trained. Afterwards it gets the moving average of its weights,
    which is better than each of them, and batch normalization gets to see what it makes then.

    Args:
        generator: makes images of noise.
        discriminator: gives logits for images.
        data: (N, ...), in the range of the generator's output.
        steps: of each network.
        batch_size: real images, and generated ones, in each step.
        seed: of everything random.

    Returns:
        The losses of the discriminator and those of the generator, (steps,) each.
    """
    ### BEGIN SOLUTION
    keras.utils.set_random_seed(seed)
    of_generator = keras.optimizers.Adam(1e-3, beta_1=0.5, use_ema=True, ema_momentum=0.999)
    of_discriminator = keras.optimizers.Adam(1e-3, beta_1=0.5)
    of_generator.build(generator.trainable_variables)  # a graph may not make variables
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
    ### END SOLUTION


def sample(generator: keras.Model, count: int, seed: int) -> np.ndarray:
    """Make images of fresh noise, the same ones for the same seed.

    The generator does not run in training mode: an image does not depend on the others beside it.

    Args:
        generator: makes images of noise.
        count: how many images.
        seed: of the noise.

    Returns:
        (count, ...), as the generator makes them.
    """
    ### BEGIN SOLUTION
    noise = np.random.default_rng(seed).standard_normal((count, generator.input_shape[-1]))
    return generator(noise.astype("float32"), training=False).numpy()
    ### END SOLUTION


def interpolate(generator: keras.Model, start: np.ndarray, end: np.ndarray, count: int) -> np.ndarray:
    """Walk in a straight line through the noise, and show what the generator makes on the way.

    Args:
        generator: makes images of noise; it does not run in training mode.
        start: (latent_dim,), noise of the first image.
        end: (latent_dim,), noise of the last image.
        count: how many images, at equal distances in the noise; at least 2.

    Returns:
        (count, ...), as the generator makes them.
    """
    ### BEGIN SOLUTION
    way = np.linspace(0, 1, count)[:, np.newaxis]
    noise = (1 - way) * start + way * end
    return generator(noise.astype("float32"), training=False).numpy()
    ### END SOLUTION
