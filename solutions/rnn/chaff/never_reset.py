"""Wrong: `train_stateful` never resets the state, so every epoch starts where the last one ended.

Fails: training_resets_the_state
"""

import keras
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def lstm_step(x, h, c, kernel, recurrent_kernel, bias):
    units = h.shape[1]
    z = np.dot(x, kernel) + np.dot(h, recurrent_kernel) + bias
    i = sigmoid(z[:, :units])
    f = sigmoid(z[:, units : 2 * units])
    g = np.tanh(z[:, 2 * units : 3 * units])
    o = sigmoid(z[:, 3 * units :])
    c = f * c + i * g
    return o * np.tanh(c), c


def lstm_forward(inputs, kernel, recurrent_kernel, bias, h0=None, c0=None):
    n, steps, _ = inputs.shape
    units = recurrent_kernel.shape[0]
    h = np.zeros((n, units), inputs.dtype) if h0 is None else h0
    c = np.zeros((n, units), inputs.dtype) if c0 is None else c0
    hs = np.zeros((n, steps, units), inputs.dtype)
    cs = np.zeros((n, steps, units), inputs.dtype)
    for t in range(steps):
        h, c = lstm_step(inputs[:, t], h, c, kernel, recurrent_kernel, bias)
        hs[:, t], cs[:, t] = h, c
    return hs, cs


def make_windows(sequence, window):
    n = (len(sequence) - 1) // window
    inputs = [sequence[k * window : (k + 1) * window] for k in range(n)]
    targets = [sequence[k * window + 1 : (k + 1) * window + 1] for k in range(n)]
    return np.array(inputs), np.array(targets)


def build_stateful_lstm(batch_size, window, features, units, outputs):
    model = keras.Sequential()
    model.add(keras.Input(batch_shape=(batch_size, window, features)))
    model.add(keras.layers.LSTM(units, stateful=True, return_sequences=True))
    model.add(keras.layers.Dense(outputs, activation="softmax"))
    return model


def reset(model):
    for layer in model.layers:
        if hasattr(layer, "reset_states"):
            layer.reset_states()


def train_stateful(model, windows, targets, *, epochs):
    model.compile("adam", "sparse_categorical_crossentropy")
    model.optimizer.learning_rate = 0.01
    losses = []
    for _ in range(epochs):
        losses.append(np.mean([model.train_on_batch(x, y) for x, y in zip(windows, targets)]))
    return losses


def predict_stateful(model, windows):
    reset(model)
    return np.array([model.predict_on_batch(x) for x in windows])


def generate(model, start, length):
    reset(model)
    n = model.output_shape[-1]
    for letter in start:
        p = model(np.eye(n)[[[letter]]], training=False)
    result = []
    while len(result) < length:
        result.append(int(np.argmax(p[0, 0])))
        p = model(np.eye(n)[[[result[-1]]]], training=False)
    return result
