"""Wrong: to reset the network before every epoch, `train_stateful` also gives it its first weights back.

Fails: training_learns_the_zigzag, training_learns_the_flip_flop,
generate_continues_the_zigzag
"""


def train_stateful(model, windows, targets, *, epochs):
    model.compile(optimizer=keras.optimizers.Adam(0.003), loss="sparse_categorical_crossentropy")
    fresh = model.get_weights()
    x, y = np.concatenate(windows), np.concatenate(targets)
    losses = []
    for _ in range(epochs):
        model.set_weights(fresh)
        reset_state(model)
        history = model.fit(x, y, batch_size=windows.shape[1], shuffle=False, verbose=0)
        losses += history.history["loss"]
    return losses
