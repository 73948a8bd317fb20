"""Wrong: the last layer has no softmax, so the network gives logits.

The loss knows that, so it learns all the same.

Fails: training_learns_the_zigzag, network_gives_probabilities
"""


def build_stateful_lstm(batch_size, window, features, units, outputs):
    model = keras.Sequential()
    model.add(keras.Input(batch_shape=(batch_size, window, features)))
    model.add(keras.layers.LSTM(units, stateful=True, return_sequences=True))
    model.add(keras.layers.Dense(outputs))
    return model


def train_stateful(model, windows, targets, *, epochs):
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss=loss)
    losses = []
    for _ in range(epochs):
        reset_state(model)
        steps = [model.train_on_batch(x, y) for x, y in zip(windows, targets)]
        losses.append(float(np.mean(steps)))
    return losses
