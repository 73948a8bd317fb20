"""Wrong: `lstm_step` lets 1 - f decide how much of the candidate comes in, as a GRU does, and not i.

Fails: lstm_step_example, lstm_forward_example, lstm_step_values
"""

import keras
import numpy as np
from keras import Input, Sequential
from keras.layers import LSTM, Dense


def sigmoid(z):
    return (1 + np.tanh(z / 2)) / 2


def reset_state(model):
    for layer in model.layers:
        if isinstance(layer, keras.layers.RNN):
            layer.reset_states()


def lstm_step(x, h, c, kernel, recurrent_kernel, bias):
    i, f, g, o = np.split(x.dot(kernel) + h.dot(recurrent_kernel) + bias, 4, axis=-1)
    keep = sigmoid(f)
    c_new = keep * c + (1 - keep) * np.tanh(g)
    return sigmoid(o) * np.tanh(c_new), c_new


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
    xs, ys = [], []
    s = 0
    while s + window + 1 <= len(sequence):
        xs.append(sequence[s : s + window])
        ys.append(sequence[s + 1 : s + window + 1])
        s += window
    return np.asarray(xs), np.asarray(ys)


def build_stateful_lstm(batch_size, window, features, units, outputs):
    return Sequential(
        [
            Input(batch_shape=(batch_size, window, features)),
            LSTM(units, stateful=True, return_sequences=True),
            Dense(outputs, activation="softmax"),
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
    s, b, t, f = windows.shape
    reset_state(model)
    flat = model.predict(windows.reshape(s * b, t, f), batch_size=b, verbose=0)
    return flat.reshape(s, b, t, -1)


def generate(model, start, length):
    reset_state(model)
    todo, new = list(start), []
    while True:
        vector = keras.ops.one_hot([[todo.pop(0)]], model.input_shape[-1])
        best = int(np.argmax(model(vector, training=False)[0, 0]))
        if todo:
            continue
        new.append(best)
        if len(new) == length:
            return new
        todo.append(best)
