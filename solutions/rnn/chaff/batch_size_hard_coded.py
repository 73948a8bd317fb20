"""Wrong: the network is always built for batches of 32.

Fails: network_shape
"""

from keras import layers

BATCH_SIZE = 32


def build_stateful_lstm(batch_size, window, features, units, outputs):
    model = keras.Sequential()
    model.add(keras.Input(batch_shape=(BATCH_SIZE, window, features)))
    model.add(layers.LSTM(units, stateful=True, return_sequences=True))
    model.add(layers.Dense(outputs, activation="softmax"))
    return model
