"""Wrong: `train_stateful` resets the state before the first epoch only.

Fails: training_resets_the_state
"""


def train_stateful(model, windows, targets, *, epochs):
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy")
    reset_state(model)
    history = model.fit(
        np.concatenate(windows),
        np.concatenate(targets),
        batch_size=windows.shape[1],
        epochs=epochs,
        shuffle=False,
        verbose=0,
    )
    return history.history["loss"]
