"""Wrong: the Keras 2 way: compiled, then frozen for the combined model. In Keras 3 it never trains.

Fails: training_changes_both_networks
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
    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)
    discriminator.compile(keras.optimizers.Adam(1e-3, beta_1=0.5), cross_entropy)
    discriminator.trainable = False
    combined = keras.Sequential([generator, discriminator])
    combined.compile(keras.optimizers.Adam(1e-3, beta_1=0.5), cross_entropy)
    ones, zeros = np.ones((batch_size, 1)), np.zeros((batch_size, 1))
    losses = []
    for _ in range(steps):
        noise = rng.standard_normal((batch_size, generator.input_shape[-1])).astype("float32")
        real = data[rng.integers(len(data), size=batch_size)]
        doubt = discriminator.train_on_batch(real, ones)
        doubt += discriminator.train_on_batch(generator(noise).numpy(), zeros)
        losses.append((float(doubt), float(combined.train_on_batch(noise, ones))))
    return tuple(np.array(losses).T)


def sample(generator, count, seed):
    noise = np.random.default_rng(seed).standard_normal((count, generator.input_shape[-1]))
    return generator(noise.astype("float32"), training=False).numpy()


def interpolate(generator, start, end, count):
    way = np.linspace(0, 1, count)[:, np.newaxis]
    noise = (1 - way) * start + way * end
    return generator(noise.astype("float32"), training=False).numpy()
