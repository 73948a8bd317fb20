"""Wrong: the LSTM gives its last output only, which is repeated to make up for the time steps.

Windows of one step look as they should.

Fails: network_shape
"""

from keras import layers


def build_stateful_lstm(batch_size, window, features, units, outputs):
    inputs = keras.Input(batch_shape=(batch_size, window, features))
    x = layers.LSTM(units, stateful=True)(inputs)
    x = layers.RepeatVector(window)(x)
    x = layers.TimeDistributed(layers.Dense(outputs, activation="softmax"))(x)
    return keras.Model(inputs, x)
