"""Wrong: `train_stateful` calls `model.reset_states()`, which Keras 3 does not have any more.

Fails: training_learns_the_zigzag, training_keeps_the_order, training_learns_the_flip_flop
"""


def train_stateful(model, windows, targets, *, epochs):
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy")
    losses = []
    for epoch in range(epochs):
        model.reset_states()
        epoch_losses = []
        for x, y in zip(windows, targets):
            epoch_losses.append(model.train_on_batch(x, y))
        losses.append(np.mean(epoch_losses))
    return losses
