"""Wrong: `train_stateful` returns a list of one loss for every epoch, in a list.

The network is trained as it should be.

Fails: training_returns_losses, training_keeps_the_order
"""


def train_stateful(model, windows, targets, *, epochs):
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy")
    x, y = np.concatenate(windows), np.concatenate(targets)
    losses = []
    for _ in range(epochs):
        reset_state(model)
        history = model.fit(x, y, batch_size=windows.shape[1], shuffle=False, verbose=0)
        losses.append(history.history["loss"])
    return losses
