"""Wrong: `train_stateful` returns the loss of the last epoch only.

The network is trained as it should be.

Fails: training_returns_losses, training_keeps_the_order
"""


def train_stateful(model, windows, targets, *, epochs):
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy")
    for _ in range(epochs):
        reset_state(model)
        loss = np.mean([model.train_on_batch(x, y) for x, y in zip(windows, targets)])
    return float(loss)
