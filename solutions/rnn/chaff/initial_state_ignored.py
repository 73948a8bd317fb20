"""Wrong: `lstm_forward` starts from zeros, whatever states it is given.

Fails: lstm_forward_initial_state
"""

import keras
import numpy as np
import tensorflow as tf


def sigmoid(z):
    return (1 + np.tanh(z / 2)) / 2


def reset_state(model):
    for layer in model.layers:
        if isinstance(layer, keras.layers.RNN):
            layer.reset_states()


def lstm_step(x, h, c, kernel, recurrent_kernel, bias):
    W = np.split(kernel, 4, axis=1)
    U = np.split(recurrent_kernel, 4, axis=1)
    b = np.split(bias, 4)
    i = sigmoid(x @ W[0] + h @ U[0] + b[0])
    f = sigmoid(x @ W[1] + h @ U[1] + b[1])
    g = np.tanh(x @ W[2] + h @ U[2] + b[2])
    o = sigmoid(x @ W[3] + h @ U[3] + b[3])
    c = f * c + i * g
    h = o * np.tanh(c)
    return h, c


def lstm_forward(inputs, kernel, recurrent_kernel, bias, h0=None, c0=None):
    N, T, F = inputs.shape
    U = recurrent_kernel.shape[0]
    h = np.zeros((N, U), dtype=inputs.dtype)
    c = np.zeros((N, U), dtype=inputs.dtype)
    hidden = np.zeros((N, T, U), dtype=inputs.dtype)
    cells = np.zeros((N, T, U), dtype=inputs.dtype)
    for t in range(T):
        h, c = lstm_step(inputs[:, t], h, c, kernel, recurrent_kernel, bias)
        hidden[:, t] = h
        cells[:, t] = c
    return hidden, cells


def make_windows(sequence, window):
    inputs, targets = [], []
    for start in range(0, len(sequence) - window, window):
        inputs.append(sequence[start : start + window])
        targets.append(sequence[start + 1 : start + 1 + window])
    return np.stack(inputs), np.stack(targets)


def build_stateful_lstm(batch_size, window, features, units, outputs):
    return keras.Sequential(
        [
            keras.Input(batch_shape=(batch_size, window, features)),
            keras.layers.LSTM(units, return_sequences=True, stateful=True),
            keras.layers.Dense(outputs, activation="softmax"),
        ]
    )


def train_stateful(model, windows, targets, *, epochs):
    data = tf.data.Dataset.from_tensor_slices((windows, targets))
    model.compile(keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy")
    losses = []
    for _ in range(epochs):
        reset_state(model)
        losses += model.fit(data, verbose=0).history["loss"]
    return losses


def predict_stateful(model, windows):
    reset_state(model)
    result = []
    for window in windows:
        result.append(model(window, training=False).numpy())
    return np.array(result)


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
