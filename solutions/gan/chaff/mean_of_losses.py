"""Wrong: the discriminator's loss is the mean of the two cross-entropies instead of their sum.

Fails: losses_example, discriminator_loss_values, discriminator_step_gradient
"""


def discriminator_loss(real_logits, fake_logits):
    return (tf.reduce_mean(tf.nn.softplus(-real_logits)) + tf.reduce_mean(tf.nn.softplus(fake_logits))) / 2
