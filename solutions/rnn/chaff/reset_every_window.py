"""Wrong: `train_stateful` resets the state before every window, and not only before every epoch.

Fails: training_learns_the_zigzag, training_keeps_the_order, training_learns_the_flip_flop
"""


def train_stateful(model, windows, targets, *, epochs):
    model.compile("adam", "sparse_categorical_crossentropy")
    model.optimizer.learning_rate = 0.01
    losses = []
    for _ in range(epochs):
        steps = []
        for x, y in zip(windows, targets):
            reset_state(model)
            steps.append(model.train_on_batch(x, y))
        losses.append(np.mean(steps))
    return losses
