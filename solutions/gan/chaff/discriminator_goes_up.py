"""Wrong: the discriminator's step goes up its loss.

Fails: discriminator_step_gradient, training_learns_the_ring
"""


def discriminator_step(generator, discriminator, optimizer, real, noise):
    fake = generator(noise, training=True)
    with tf.GradientTape() as tape:
        loss = discriminator_loss(discriminator(real, training=True), discriminator(fake, training=True))
    weights = discriminator.trainable_variables
    optimizer.apply_gradients((-gradient, weight) for gradient, weight in zip(tape.gradient(loss, weights), weights))
    return loss
