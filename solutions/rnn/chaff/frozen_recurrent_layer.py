"""Wrong: the recurrent layer is frozen, and only the dense layer learns.

Fails: training_learns_the_zigzag, training_keeps_the_order, training_learns_the_flip_flop
"""


def train_stateful(model, windows, targets, *, epochs):
    for layer in model.layers:
        layer.trainable = isinstance(layer, keras.layers.Dense)
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy")
    rows, labels = np.concatenate(windows), np.concatenate(targets)
    losses = []
    for _ in range(epochs):
        reset_state(model)
        fitted = model.fit(rows, labels, batch_size=windows.shape[1], shuffle=False, verbose=0)
        losses.extend(fitted.history["loss"])
    return losses
