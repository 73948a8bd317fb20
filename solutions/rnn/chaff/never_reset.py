"""Wrong: `train_stateful` never resets the state, so every epoch starts where the last one ended.

Fails: training_resets_the_state
"""


def train_stateful(model, windows, targets, *, epochs):
    model.compile("adam", "sparse_categorical_crossentropy")
    model.optimizer.learning_rate = 0.01
    losses = []
    for _ in range(epochs):
        losses.append(np.mean([model.train_on_batch(x, y) for x, y in zip(windows, targets)]))
    return losses
