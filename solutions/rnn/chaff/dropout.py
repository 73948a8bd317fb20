"""Wrong: there is dropout between the two layers, so what the network gives in training is another thing.

Fails: network_shape
"""

from keras import layers


def build_stateful_lstm(batch_size, window, features, units, outputs):
    model = keras.Sequential()
    model.add(keras.Input(batch_shape=(batch_size, window, features)))
    model.add(layers.LSTM(units, stateful=True, return_sequences=True))
    model.add(layers.Dropout(0.5))
    model.add(layers.Dense(outputs, activation="softmax"))
    return model
