"""Wrong: `lstm_forward` takes h0 for the cell state and c0 for the hidden state.

Fails: lstm_forward_initial_state
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
    z = x @ kernel + h @ recurrent_kernel + bias
    i, f, g, o = np.split(z, 4, axis=-1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def lstm_forward(inputs, kernel, recurrent_kernel, bias, h0=None, c0=None):
    zeros = np.zeros((len(inputs), recurrent_kernel.shape[0]), dtype=inputs.dtype)
    c, h = [zeros if state is None else state for state in (h0, c0)]
    hidden, cells = [], []
    for t in range(inputs.shape[1]):
        h, c = lstm_step(inputs[:, t], h, c, kernel, recurrent_kernel, bias)
        hidden.append(h)
        cells.append(c)
    return np.array(hidden).transpose(1, 0, 2), np.array(cells).transpose(1, 0, 2)


def make_windows(sequence, window):
    count = (len(sequence) - 1) // window
    index = np.arange(count * window).reshape(count, window)
    return sequence[index], sequence[index + 1]


def build_stateful_lstm(batch_size, window, features, units, outputs):
    return Sequential(
        [
            Input(batch_shape=(batch_size, window, features)),
            LSTM(units, stateful=True, return_sequences=True),
            Dense(outputs, activation="softmax"),
        ]
    )


def train_stateful(model, windows, targets, *, epochs):
    model.compile(optimizer=keras.optimizers.Adam(1e-2), loss="sparse_categorical_crossentropy")
    x, y = np.concatenate(windows), np.concatenate(targets)
    losses = []
    for epoch in range(epochs):
        reset_state(model)
        history = model.fit(x, y, batch_size=windows.shape[1], shuffle=False, verbose=0)
        losses.append(history.history["loss"][0])
    return losses


def predict_stateful(model, windows):
    reset_state(model)
    out = np.zeros((*windows.shape[:3], model.output_shape[-1]), dtype="float32")
    for s, window in enumerate(windows):
        out[s] = model(window, training=False)
    return out


def generate(model, start, length):
    n = model.input_shape[2]
    probs = predict_stateful(model, np.eye(n, dtype="float32")[start].reshape(-1, 1, 1, n))[-1]
    text = []
    for _ in range(length):
        letter = probs.argmax().item()
        text.append(letter)
        probs = model(np.eye(n, dtype="float32")[letter].reshape(1, 1, n), training=False).numpy()
    return text
