"""Wrong: the loss is the squared error of the probabilities, and not the cross-entropy.

The network learns all the same.

Fails: training_keeps_the_order
"""


def train_stateful(model, windows, targets, *, epochs):
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    rows = np.concatenate(windows)
    labels = np.eye(model.output_shape[-1])[np.concatenate(targets)]
    losses = []
    for _ in range(epochs):
        reset_state(model)
        fitted = model.fit(rows, labels, batch_size=windows.shape[1], shuffle=False, verbose=0)
        losses += fitted.history["loss"]
    return losses
