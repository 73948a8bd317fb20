"""Wrong: `lstm_step` takes the forget gate for one that says how much to forget, and keeps 1 - f.

Fails: lstm_step_example, lstm_forward_example, lstm_step_values
"""

import keras
import numpy as np


def sigmoid(z):
    return (1 + np.tanh(z / 2)) / 2


def reset_state(model):
    for layer in model.layers:
        if isinstance(layer, keras.layers.RNN):
            layer.reset_states()


def lstm_step(x, h, c, kernel, recurrent_kernel, bias):
    u = h.shape[-1]
    z = np.dot(x, kernel) + np.dot(h, recurrent_kernel) + bias
    i = sigmoid(z[:, :u])
    f = sigmoid(z[:, u : 2 * u])
    g = np.tanh(z[:, 2 * u : 3 * u])
    o = sigmoid(z[:, 3 * u :])
    c_new = c - f * c + i * g
    return o * np.tanh(c_new), c_new


def lstm_forward(inputs, kernel, recurrent_kernel, bias, h0=None, c0=None):
    N, T, _ = inputs.shape
    U = recurrent_kernel.shape[0]
    if h0 is None:
        h0 = np.zeros((N, U), dtype=inputs.dtype)
    if c0 is None:
        c0 = np.zeros((N, U), dtype=inputs.dtype)
    hidden = np.empty((N, T, U), dtype=inputs.dtype)
    cells = np.empty((N, T, U), dtype=inputs.dtype)
    h, c = h0, c0
    for t in range(T):
        h, c = lstm_step(inputs[:, t, :], h, c, kernel, recurrent_kernel, bias)
        hidden[:, t, :] = h
        cells[:, t, :] = c
    return hidden, cells


def make_windows(sequence, window):
    n = (len(sequence) - 1) // window
    inputs = [sequence[s * window : s * window + window] for s in range(n)]
    targets = [sequence[s * window + 1 : s * window + window + 1] for s in range(n)]
    return np.array(inputs), np.array(targets)


def build_stateful_lstm(batch_size, window, features, units, outputs):
    return keras.Sequential(
        [
            keras.Input(batch_shape=(batch_size, window, features)),
            keras.layers.LSTM(units, return_sequences=True, stateful=True),
            keras.layers.Dense(outputs, activation="softmax"),
        ]
    )


def train_stateful(model, windows, targets, *, epochs):
    model.compile(keras.optimizers.Adam(learning_rate=0.01), "sparse_categorical_crossentropy")
    losses = []
    for _ in range(epochs):
        reset_state(model)
        total = 0
        for x, y in zip(windows, targets):
            total += model.train_on_batch(x, y)
        losses.append(float(total / len(windows)))
    return losses


def predict_stateful(model, windows):
    reset_state(model)
    return np.array([model.predict_on_batch(x) for x in windows])


def generate(model, start, length):
    reset_state(model)
    n = model.output_shape[-1]
    for letter in start:
        p = model(np.eye(n)[[[letter]]], training=False)
    result = []
    while len(result) < length:
        result.append(int(np.argmax(p[0, 0])))
        p = model(np.eye(n)[[[result[-1]]]], training=False)
    return result
