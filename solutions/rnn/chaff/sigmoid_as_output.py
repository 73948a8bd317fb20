"""Wrong: the last activation is a sigmoid, one yes or no for each class.

Fails: training_learns_the_zigzag, network_gives_probabilities
"""

from keras import layers


def build_stateful_lstm(batch_size, window, features, units, outputs):
    inputs = layers.Input(batch_shape=(batch_size, window, features))
    x = layers.LSTM(units, return_sequences=True, stateful=True)(inputs)
    outputs = layers.Dense(outputs, activation="sigmoid")(x)
    return keras.Model(inputs, outputs)


def train_stateful(model, windows, targets, *, epochs):
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="binary_crossentropy")
    one_hot = np.eye(model.output_shape[-1])[targets]
    losses = []
    for _ in range(epochs):
        reset_state(model)
        history = model.fit(
            np.concatenate(windows),
            np.concatenate(one_hot),
            batch_size=windows.shape[1],
            shuffle=False,
            verbose=0,
        )
        losses += history.history["loss"]
    return losses
