"""Wrong: the loss is the squared distance of every probability to the number of the class.

Fails: training_learns_the_zigzag, training_keeps_the_order, training_learns_the_flip_flop
"""


def train_stateful(model, windows, targets, *, epochs):
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mse")
    losses = []
    for _ in range(epochs):
        reset_state(model)
        steps = [model.train_on_batch(x, y[..., np.newaxis]) for x, y in zip(windows, targets)]
        losses.append(np.mean(steps))
    return losses
