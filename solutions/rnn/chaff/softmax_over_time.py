"""Wrong: the softmax goes over the time steps, and not over the classes.

Fails: training_learns_the_zigzag, network_gives_probabilities, network_remembers,
training_learns_the_flip_flop
"""

from keras import layers


def build_stateful_lstm(batch_size, window, features, units, outputs):
    inputs = keras.Input(batch_shape=(batch_size, window, features))
    x = layers.LSTM(units, return_sequences=True, stateful=True)(inputs)
    x = layers.Dense(outputs)(x)
    return keras.Model(inputs, layers.Softmax(axis=1)(x))
