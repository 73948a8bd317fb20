"""Wrong: there is no recurrent layer, only dense ones.

Fails: network_shape
"""


def build_stateful_lstm(batch_size, window, features, units, outputs):
    inputs = keras.Input(batch_shape=(batch_size, window, features))
    x = keras.layers.Dense(units, activation="tanh")(inputs)
    x = keras.layers.Dense(outputs, activation="softmax")(x)
    return keras.Model(inputs, x)
