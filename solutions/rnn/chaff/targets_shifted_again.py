"""Wrong: the targets are shifted once more, by a whole window.

Fails: training_learns_the_zigzag, training_keeps_the_order
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
    shape = (n, window) + sequence.shape[1:]
    return sequence[: n * window].reshape(shape), sequence[1 : n * window + 1].reshape(shape)


def build_stateful_lstm(batch_size, window, features, units, outputs):
    return keras.Sequential(
        [
            keras.Input(batch_shape=(batch_size, window, features)),
            layers.LSTM(units, return_sequences=True, stateful=True),
            layers.Dense(outputs, activation="softmax"),
        ]
    )


def train_stateful(model, windows, targets, *, epochs):
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy")
    x, y = windows[:-1], targets[1:]
    losses = []
    for _ in range(epochs):
        reset_state(model)
        losses.append(float(np.mean([model.train_on_batch(x[s], y[s]) for s in range(len(x))])))
    return losses


def predict_stateful(model, windows):
    reset_state(model)
    s, b = windows.shape[:2]
    rows = model.predict(np.concatenate(windows), batch_size=b, verbose=0)
    return rows.reshape(s, b, *rows.shape[1:])


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
