"""Wrong: `epochs` is not passed on, so there is only one.

Fails: training_learns_the_zigzag, training_keeps_the_order, training_learns_the_flip_flop
"""


def train_stateful(model, windows, targets, *, epochs):
    s, b, t, f = windows.shape
    reset_state(model)
    model.compile(optimizer=keras.optimizers.Adam(0.003), loss="sparse_categorical_crossentropy")
    history = model.fit(
        windows.reshape(s * b, t, f), targets.reshape(s * b, t), batch_size=b, shuffle=False, verbose=0
    )
    return history.history["loss"]
