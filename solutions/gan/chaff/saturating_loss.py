"""Wrong: the generator's loss is the negative of the discriminator's, log(1 - σ(fake)).

Fails: losses_example, generator_loss_values, generator_step_gradient
"""


def generator_loss(fake_logits):
    return -tf.reduce_mean(tf.nn.softplus(fake_logits))
