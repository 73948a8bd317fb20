"""Wrong: the discriminator never runs in training mode, so its dropout drops nothing.

Fails: steps_in_training_mode
"""


def discriminator_step(generator, discriminator, optimizer, real, noise):
    fake = generator(noise, training=True)
    with tf.GradientTape() as tape:
        loss = discriminator_loss(discriminator(real, training=False), discriminator(fake, training=False))
    weights = discriminator.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights))
    return loss


def generator_step(generator, discriminator, optimizer, noise):
    with tf.GradientTape() as tape:
        loss = generator_loss(discriminator(generator(noise, training=True), training=False))
    weights = generator.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights))
    return loss
