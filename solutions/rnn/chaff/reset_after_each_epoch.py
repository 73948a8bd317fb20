"""Wrong: `train_stateful` resets the state at the end of every epoch, so the first one starts from whatever was there.

Fails: training_resets_the_state
"""


def train_stateful(model, windows, targets, *, epochs):
    model.compile(optimizer=keras.optimizers.Adam(1e-2), loss="sparse_categorical_crossentropy")
    rows, classes = np.concatenate(windows), np.concatenate(targets)
    losses = []
    for epoch in range(epochs):
        h = model.fit(rows, classes, batch_size=windows.shape[1], shuffle=False, verbose=0)
        losses += h.history["loss"]
        reset_state(model)
    return losses
