"""Wrong: the discriminator learns to call real images generated, and the generator to be taken for generated.

Fails: losses_example, discriminator_loss_values, generator_loss_values, discriminator_step_gradient, generator_step_gradient
"""


def discriminator_loss(real_logits, fake_logits):
    return tf.reduce_mean(tf.nn.softplus(real_logits)) + tf.reduce_mean(tf.nn.softplus(-fake_logits))


def generator_loss(fake_logits):
    return tf.reduce_mean(tf.nn.softplus(fake_logits))
