"""Wrong: `train_stateful` returns the sum of the losses of an epoch, and not their mean.

The network is trained as it should be.

Fails: training_keeps_the_order
"""

import tensorflow as tf


def train_stateful(model, windows, targets, *, epochs):
    loss_fn = keras.losses.SparseCategoricalCrossentropy()
    optimizer = keras.optimizers.Adam(0.01)

    @tf.function
    def train_step(x, y):
        with tf.GradientTape() as tape:
            loss = loss_fn(y, model(x, training=True))
        variables = model.trainable_variables
        optimizer.apply(tape.gradient(loss, variables), variables)
        return loss

    losses = []
    for _ in range(epochs):
        reset_state(model)
        epoch_loss = 0.0
        for x, y in zip(windows, targets):
            epoch_loss += float(train_step(x, y))
        losses.append(epoch_loss)
    return losses
