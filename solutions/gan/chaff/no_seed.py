"""Wrong: train_gan ignores its seed.

Fails: training_follows_from_its_seed
"""

import keras
import numpy as np
import tensorflow as tf
from keras import layers


def build_generator(latent_dim=100, image_shape=(28, 28, 1)):
    model = keras.Sequential([keras.Input((latent_dim,))])
    for units in (32, 128, 256):
        model.add(layers.Dense(units, use_bias=False))
        model.add(layers.BatchNormalization(momentum=0.9))
        model.add(layers.LeakyReLU(negative_slope=0.2))
    model.add(layers.Dense(int(np.prod(image_shape)), activation="tanh"))
    model.add(layers.Reshape(image_shape))
    return model


def build_discriminator(image_shape=(28, 28, 1)):
    model = keras.Sequential([keras.Input(image_shape), layers.Flatten()])
    for units in (256, 128):
        model.add(layers.Dense(units))
        model.add(layers.LeakyReLU(negative_slope=0.2))
    model.add(layers.Dense(1))
    return model


def discriminator_loss(real_logits, fake_logits):
    return tf.reduce_mean(tf.nn.softplus(-real_logits)) + tf.reduce_mean(tf.nn.softplus(fake_logits))


def generator_loss(fake_logits):
    return tf.reduce_mean(tf.nn.softplus(-fake_logits))


def discriminator_step(generator, discriminator, optimizer, real, noise):
    fake = generator(noise, training=True)
    with tf.GradientTape() as tape:
        loss = discriminator_loss(discriminator(real, training=True), discriminator(fake, training=True))
    weights = discriminator.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights))
    return loss


def generator_step(generator, discriminator, optimizer, noise):
    with tf.GradientTape() as tape:
        loss = generator_loss(discriminator(generator(noise, training=True), training=True))
    weights = generator.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights))
    return loss


def train_gan(generator, discriminator, data, *, steps, batch_size, seed):
    of_generator = keras.optimizers.Adam(1e-3, beta_1=0.5, use_ema=True, ema_momentum=0.999)
    of_discriminator = keras.optimizers.Adam(1e-3, beta_1=0.5)
    of_generator.build(generator.trainable_variables)
    of_discriminator.build(discriminator.trainable_variables)
    data = tf.constant(data, tf.float32)
    shape = (batch_size, generator.input_shape[-1])

    @tf.function
    def train():
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


def sample(generator, count, seed):
    noise = np.random.default_rng(seed).standard_normal((count, generator.input_shape[-1]))
    return generator(noise.astype("float32"), training=False).numpy()


def interpolate(generator, start, end, count):
    way = np.linspace(0, 1, count)[:, np.newaxis]
    noise = (1 - way) * start + way * end
    return generator(noise.astype("float32"), training=False).numpy()
