"""Wrong: discriminator_step takes two steps.

Fails: discriminator_step_gradient
"""


def discriminator_step(generator, discriminator, optimizer, real, noise):
    fake = generator(noise, training=True)
    with tf.GradientTape() as tape:
        loss = discriminator_loss(discriminator(real, training=True), discriminator(fake, training=True))
    weights = discriminator.trainable_variables
    gradients = tape.gradient(loss, weights)
    for _ in range(2):
        optimizer.apply_gradients(zip(gradients, weights))
    return loss
