"""Wrong: `lstm_forward` returns the states after the last time step only.

Fails: lstm_forward_example, lstm_forward_agrees_with_keras
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
    n = len(inputs)
    units = kernel.shape[1] // 4
    h = np.zeros((n, units), inputs.dtype) if h0 is None else h0
    c = np.zeros((n, units), inputs.dtype) if c0 is None else c0
    for t in range(inputs.shape[1]):
        h, c = lstm_step(inputs[:, t], h, c, kernel, recurrent_kernel, bias)
    return h, c


def make_windows(sequence, window):
    now, then = sequence[:-1], sequence[1:]
    used = len(now) - len(now) % window
    inputs = np.split(now[:used], used // window)
    targets = np.split(then[:used], used // window)
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
