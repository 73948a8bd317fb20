"""Wrong: a copy of the network is trained, and the network itself stays as it was.

Fails: training_learns_the_zigzag, training_keeps_the_order, training_learns_the_flip_flop
"""


def train_stateful(model, windows, targets, *, epochs):
    network = keras.models.clone_model(model)
    network.set_weights(model.get_weights())
    network.compile(optimizer=keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy")
    losses = []
    for _ in range(epochs):
        reset_state(network)
        losses.append(np.mean([network.train_on_batch(x, y) for x, y in zip(windows, targets)]))
    return losses
