"""Wrong: the targets of `make_windows` are the next window, and not the next element.

Fails: windows_example, windows_shift
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
    u = h.shape[-1]
    z = np.dot(x, kernel) + np.dot(h, recurrent_kernel) + bias
    i = sigmoid(z[:, :u])
    f = sigmoid(z[:, u : 2 * u])
    g = np.tanh(z[:, 2 * u : 3 * u])
    o = sigmoid(z[:, 3 * u :])
    c_new = f * c + i * g
    h_new = o * np.tanh(c_new)
    return h_new, c_new


def lstm_forward(inputs, kernel, recurrent_kernel, bias, h0=None, c0=None):
    h = np.zeros_like(inputs, shape=(len(inputs), kernel.shape[1] // 4)) if h0 is None else h0
    c = np.zeros_like(h) if c0 is None else c0
    h_seq = []
    c_seq = []
    t = 0
    while t < inputs.shape[1]:
        h, c = lstm_step(inputs[:, t], h, c, kernel, recurrent_kernel, bias)
        h_seq.append(h[:, None])
        c_seq.append(c[:, None])
        t += 1
    return np.concatenate(h_seq, axis=1), np.concatenate(c_seq, axis=1)


def make_windows(sequence, window):
    count = len(sequence) // window
    chunks = sequence[: count * window].reshape((count, window) + sequence.shape[1:])
    return chunks[:-1], chunks[1:]


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
    one_hot = np.eye(model.input_shape[-1], dtype="float32")
    reset_state(model)
    letters = list(start)
    for k in range(len(start) + length - 1):
        p = model(one_hot[letters[k]].reshape(1, 1, -1), training=False)
        if k >= len(start) - 1:
            letters.append(int(np.argmax(p)))
    return letters[len(start) :]
