"""Wrong: the outputs of all time steps are flattened and mixed by one dense layer.

Fails: network_shape
"""


def build_stateful_lstm(batch_size, window, features, units, outputs):
    model = keras.Sequential()
    model.add(keras.Input(batch_shape=(batch_size, window, features)))
    model.add(keras.layers.LSTM(units, stateful=True, return_sequences=True))
    model.add(keras.layers.Flatten())
    model.add(keras.layers.Dense(window * outputs))
    model.add(keras.layers.Reshape((window, outputs)))
    model.add(keras.layers.Softmax())
    return model
