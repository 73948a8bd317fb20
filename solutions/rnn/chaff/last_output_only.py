"""Wrong: without return_sequences the network gives one answer for each window.

Fails: network_shape
"""


def build_stateful_lstm(batch_size, window, features, units, outputs):
    model = keras.models.Sequential()
    model.add(keras.layers.InputLayer(batch_shape=(batch_size, window, features)))
    model.add(keras.layers.LSTM(units, stateful=True))
    model.add(keras.layers.Dense(outputs, activation="softmax"))
    return model
