"""Wrong: dropout comes last and sets probabilities to zero while the network is trained.

Fails: network_shape
"""

from keras import layers


def build_stateful_lstm(batch_size, window, features, units, outputs):
    model = keras.Sequential()
    model.add(keras.Input(batch_shape=(batch_size, window, features)))
    model.add(layers.LSTM(units, stateful=True, return_sequences=True))
    model.add(layers.Dense(outputs, activation="softmax"))
    model.add(layers.Dropout(0.2))
    return model
