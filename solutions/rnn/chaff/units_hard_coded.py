"""Wrong: the LSTM has 32 units, whatever `units` says.

Fails: network_shape
"""


def build_stateful_lstm(batch_size, window, features, units, outputs):
    return keras.Sequential(
        [
            keras.Input(batch_shape=(batch_size, window, features)),
            keras.layers.LSTM(32, return_sequences=True, stateful=True),
            keras.layers.Dense(outputs, activation="softmax"),
        ]
    )
