"""Wrong: the generator's images are to be found out: label 0 in its own loss.

Fails: losses_example, generator_loss_values, generator_step_gradient, training_learns_the_ring
"""


def generator_loss(fake_logits):
    return tf.reduce_mean(tf.nn.softplus(fake_logits))
