"""Wrong: `train_stateful` leaves out the last window.

Fails: training_keeps_the_order
"""


def train_stateful(model, windows, targets, *, epochs):
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy")
    losses = []
    for _ in range(epochs):
        reset_state(model)
        total = 0
        for s in range(len(windows) - 1):
            total += model.train_on_batch(windows[s], targets[s])
        losses.append(total / (len(windows) - 1))
    return losses
