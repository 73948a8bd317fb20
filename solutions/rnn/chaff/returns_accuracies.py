"""Wrong: `train_stateful` returns the accuracies of the epochs, and not their losses.

The network is trained as it should be.

Fails: training_returns_losses, training_keeps_the_order
"""


def train_stateful(model, windows, targets, *, epochs):
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    x, y = np.concatenate(windows), np.concatenate(targets)
    losses = []
    for _ in range(epochs):
        reset_state(model)
        history = model.fit(x, y, batch_size=windows.shape[1], shuffle=False, verbose=0).history
        losses.append(history["accuracy"][0])
    return losses
