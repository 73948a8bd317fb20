"""Wrong: the learning rate is so small that the network hardly learns.

Fails: training_learns_the_zigzag, training_learns_the_flip_flop, generate_continues_the_zigzag
"""


def train_stateful(model, windows, targets, *, epochs):
    model.compile(optimizer=keras.optimizers.Adam(3e-5), loss="sparse_categorical_crossentropy")
    losses = []
    for _ in range(epochs):
        reset_state(model)
        losses.append(np.mean([model.train_on_batch(x, y) for x, y in zip(windows, targets)]))
    return losses
