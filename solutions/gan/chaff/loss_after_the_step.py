"""Wrong: discriminator_step returns the loss that it has afterwards.

Fails: discriminator_step_gradient
"""


def discriminator_step(generator, discriminator, optimizer, real, noise):
    fake = generator(noise, training=True)
    with tf.GradientTape() as tape:
        loss = discriminator_loss(discriminator(real, training=True), discriminator(fake, training=True))
    weights = discriminator.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights))
    return discriminator_loss(discriminator(real, training=True), discriminator(fake, training=True))
