"""Wrong: `train_stateful` trains on the first window only.

Fails: training_learns_the_zigzag, training_keeps_the_order, training_learns_the_flip_flop
"""


def train_stateful(model, windows, targets, *, epochs):
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy")
    losses = []
    for _ in range(epochs):
        reset_state(model)
        loss = model.train_on_batch(windows[0], targets[0])
        losses.append(float(loss))
    return losses
