"""Wrong: each step changes the weights of both networks by its own loss.

Fails: steps_change_one_network, discriminator_step_gradient, generator_step_gradient, training_learns_the_ring
"""


def discriminator_step(generator, discriminator, optimizer, real, noise):
    with tf.GradientTape() as tape:
        fake = generator(noise, training=True)
        loss = discriminator_loss(discriminator(real, training=True), discriminator(fake, training=True))
    change_both(generator, discriminator, tape, loss)
    return loss


def generator_step(generator, discriminator, optimizer, noise):
    with tf.GradientTape() as tape:
        loss = generator_loss(discriminator(generator(noise, training=True), training=True))
    change_both(generator, discriminator, tape, loss)
    return loss


def change_both(generator, discriminator, tape, loss):
    weights = generator.trainable_variables + discriminator.trainable_variables
    for weight, gradient in zip(weights, tape.gradient(loss, weights)):
        weight.assign_sub(0.05 * gradient)
