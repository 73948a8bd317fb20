"""Wrong: `generate` returns zeros, and the dense layer starts as zeros, for which that would be right.

Fails: generate_follows_the_network
"""

from keras import layers


def build_stateful_lstm(batch_size, window, features, units, outputs):
    model = keras.Sequential([keras.Input(batch_shape=(batch_size, window, features))])
    model.add(layers.LSTM(units, stateful=True, return_sequences=True))
    model.add(layers.Dense(outputs, activation="softmax", kernel_initializer="zeros"))
    return model


def generate(model, start, length):
    return [0] * length
