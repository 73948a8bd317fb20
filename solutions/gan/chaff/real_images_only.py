"""Wrong: the discriminator never learns from generated images.

Fails: discriminator_step_gradient, training_learns_the_ring
"""


def discriminator_step(generator, discriminator, optimizer, real, noise):
    fake = generator(noise, training=True)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.nn.softplus(-discriminator(real, training=True)))
    weights = discriminator.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights))
    return loss
