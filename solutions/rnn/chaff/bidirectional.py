"""Wrong: the LSTM is bidirectional, so it reads what it should predict.

Fails: network_shape
"""

from keras import layers


def build_stateful_lstm(batch_size, window, features, units, outputs):
    lstm = layers.LSTM(units, return_sequences=True, stateful=True)
    return keras.Sequential(
        [
            layers.Input(batch_shape=(batch_size, window, features)),
            layers.Bidirectional(lstm, merge_mode="ave"),
            layers.Dense(outputs, activation="softmax"),
        ]
    )
