"""Wrong: the logarithm of a sigmoid, which is infinite for large logits.

Fails: discriminator_loss_values, generator_loss_values
"""


def discriminator_loss(real_logits, fake_logits):
    return -tf.reduce_mean(tf.math.log(tf.sigmoid(real_logits))) - tf.reduce_mean(tf.math.log(1 - tf.sigmoid(fake_logits)))


def generator_loss(fake_logits):
    return -tf.reduce_mean(tf.math.log(tf.sigmoid(fake_logits)))
