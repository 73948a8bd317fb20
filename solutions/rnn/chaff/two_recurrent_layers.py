"""Wrong: there are two recurrent layers, one on the other, with a dense layer between.

Fails: network_shape
"""


def build_stateful_lstm(batch_size: int, window: int, features: int, units: int, outputs: int) -> keras.Model:
    """Put a GRU on an LSTM; both keep their states."""
    inputs = keras.Input(batch_shape=(batch_size, window, features))
    x = keras.layers.LSTM(units, return_sequences=True, stateful=True)(inputs)
    x = keras.layers.Dense(2 * units, activation="tanh")(x)
    x = keras.layers.GRU(units, return_sequences=True, stateful=True)(x)
    return keras.Model(inputs, keras.layers.Dense(outputs, activation="softmax")(x))
