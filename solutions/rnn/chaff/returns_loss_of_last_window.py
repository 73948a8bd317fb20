"""Wrong: what `train_stateful` returns is the loss of the last window of every epoch.

The network is trained as it should be.

Fails: training_keeps_the_order
"""


def train_stateful(model, windows, targets, *, epochs):
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy")
    losses = []
    for _ in range(epochs):
        reset_state(model)
        for x, y in zip(windows, targets):
            loss = model.train_on_batch(x, y)
        losses.append(float(loss))
    return losses
