"""Wrong: `fit` shuffles the rows, as it does unless it is told not to.

Fails: training_learns_the_zigzag, training_keeps_the_order, training_learns_the_flip_flop
"""


def train_stateful(model, windows, targets, *, epochs):
    model.compile("adam", "sparse_categorical_crossentropy")
    model.optimizer.learning_rate = 0.01
    losses = []
    for _ in range(epochs):
        reset_state(model)
        x, y = np.concatenate(windows), np.concatenate(targets)
        losses += model.fit(x, y, batch_size=windows.shape[1], verbose=0).history["loss"]
    return losses
