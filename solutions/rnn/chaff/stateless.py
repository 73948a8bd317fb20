"""Wrong: the recurrent layer is not stateful, so every window starts from a state of zeros.

Fails: training_learns_the_zigzag, network_remembers, training_learns_the_flip_flop
"""

from keras import layers


def build_stateful_lstm(batch_size, window, features, units, outputs):
    return keras.Sequential(
        [
            keras.Input(batch_shape=(batch_size, window, features)),
            layers.LSTM(units, return_sequences=True),
            layers.Dense(outputs, activation="softmax"),
        ]
    )
