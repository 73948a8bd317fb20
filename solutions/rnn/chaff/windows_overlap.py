"""Wrong: each window of `make_windows` starts one element after the one before, and not where that ended.

Fails: windows_example, windows_shift
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
    n = bias.size // 4

    def block(k):
        cols = slice(k * n, (k + 1) * n)
        return x @ kernel[:, cols] + h @ recurrent_kernel[:, cols] + bias[cols]

    c = sigmoid(block(1)) * c + sigmoid(block(0)) * np.tanh(block(2))
    h = sigmoid(block(3)) * np.tanh(c)
    return h, c


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
    inputs, targets = [], []
    for start in range(len(sequence) - window):
        inputs.append(sequence[start : start + window])
        targets.append(sequence[start + 1 : start + window + 1])
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
    predictions = [model.predict(x, batch_size=len(x), verbose=0) for x in windows]
    return np.stack(predictions, axis=0)


def generate(model, start, length):
    n = model.input_shape[2]
    probs = predict_stateful(model, np.eye(n, dtype="float32")[start].reshape(-1, 1, 1, n))[-1]
    text = []
    for _ in range(length):
        letter = probs.argmax().item()
        text.append(letter)
        probs = model(np.eye(n, dtype="float32")[letter].reshape(1, 1, n), training=False).numpy()
    return text
