"""Wrong: the number of time steps is left open in the input's shape.

Fails: network_shape
"""


def build_stateful_lstm(batch_size, window, features, units, outputs):
    inputs = keras.Input(batch_shape=(batch_size, None, features))
    x = keras.layers.LSTM(units, stateful=True, return_sequences=True)(inputs)
    x = keras.layers.Dense(outputs, activation="softmax")(x)
    return keras.Model(inputs, x)
