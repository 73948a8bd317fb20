"""Wrong: the LSTM reads each window from its end.

Fails: network_remembers, training_learns_the_flip_flop
"""

from keras import layers


def build_stateful_lstm(batch_size, window, features, units, outputs):
    model = keras.Sequential()
    model.add(keras.Input(batch_shape=(batch_size, window, features)))
    model.add(layers.LSTM(units, stateful=True, return_sequences=True, go_backwards=True))
    model.add(layers.Dense(outputs, activation="softmax"))
    return model
