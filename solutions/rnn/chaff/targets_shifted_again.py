"""Wrong: the targets are shifted once more, by a whole window.

Fails: training_learns_the_zigzag, training_keeps_the_order
"""


def train_stateful(model, windows, targets, *, epochs):
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy")
    x, y = windows[:-1], targets[1:]
    losses = []
    for _ in range(epochs):
        reset_state(model)
        losses.append(float(np.mean([model.train_on_batch(x[s], y[s]) for s in range(len(x))])))
    return losses
