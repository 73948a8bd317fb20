"""Wrong: `predict_stateful` goes through the windows from the last one to the first.

Fails: predict_carries_the_state
"""

import keras
import numpy as np
from keras import layers


def sigmoid(z):
    return (1 + np.tanh(z / 2)) / 2


def reset_state(model):
    for layer in model.layers:
        if isinstance(layer, keras.layers.RNN):
            layer.reset_states()


def lstm_step(x, h, c, kernel, recurrent_kernel, bias):
    u = h.shape[1]
    z = x @ kernel + h @ recurrent_kernel + bias
    i, f = sigmoid(z[:, :u]), sigmoid(z[:, u : 2 * u])
    g, o = np.tanh(z[:, 2 * u : 3 * u]), sigmoid(z[:, 3 * u :])
    new_c = f * c + i * g
    new_h = o * np.tanh(new_c)
    return new_h, new_c


def lstm_forward(inputs, kernel, recurrent_kernel, bias, h0=None, c0=None):
    n, steps, _ = inputs.shape
    units = len(recurrent_kernel)
    hidden = np.empty((n, steps, units), dtype=inputs.dtype)
    cells = np.empty_like(hidden)
    h = h0 if h0 is not None else np.zeros((n, units), inputs.dtype)
    c = c0 if c0 is not None else np.zeros((n, units), inputs.dtype)
    for t in range(steps):
        h, c = lstm_step(inputs[:, t, :], h, c, kernel, recurrent_kernel, bias)
        hidden[:, t] = h
        cells[:, t] = c
    return hidden, cells


def make_windows(sequence, window):
    n = (len(sequence) - 1) // window
    index = np.arange(n * window).reshape(n, window)
    return sequence[index], sequence[index + 1]


def build_stateful_lstm(batch_size, window, features, units, outputs):
    model = keras.Sequential([keras.Input(batch_shape=(batch_size, window, features))])
    model.add(layers.LSTM(units, stateful=True, return_sequences=True))
    model.add(layers.TimeDistributed(layers.Dense(outputs, activation="softmax")))
    return model


def train_stateful(model, windows, targets, *, epochs):
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
    losses = []
    for epoch in range(epochs):
        reset_state(model)
        total = 0.0
        for s in range(len(windows)):
            total += float(model.train_on_batch(windows[s], targets[s]))
        losses.append(total / len(windows))
    return losses


def predict_stateful(model, windows):
    reset_state(model)
    result = np.empty((*windows.shape[:3], model.output_shape[-1]), dtype="float32")
    for s in range(len(windows) - 1, -1, -1):
        result[s] = model(windows[s], training=False)
    return result


def generate(model, start, length):
    reset_state(model)
    n = model.input_shape[-1]

    def step(letter):
        x = np.zeros((1, 1, n), dtype="float32")
        x[0, 0, letter] = 1
        return int(np.argmax(model(x, training=False)))

    for letter in start:
        following = step(letter)
    result = [following]
    while len(result) < length:
        result.append(step(result[-1]))
    return result
