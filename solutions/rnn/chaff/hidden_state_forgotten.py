"""Wrong: `lstm_step` leaves out the recurrent kernel, so the old hidden state has no effect.

Fails: lstm_step_example, lstm_forward_example, lstm_step_values
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
    i, f, g, o = np.split(x @ kernel + bias, 4, axis=1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    h = sigmoid(o) * np.tanh(c)
    return h, c


def lstm_forward(inputs, kernel, recurrent_kernel, bias, h0=None, c0=None):
    zeros = np.zeros((len(inputs), len(recurrent_kernel)), dtype=inputs.dtype)
    h = zeros if h0 is None else h0
    c = zeros if c0 is None else c0
    hs, cs = [], []
    for t in range(inputs.shape[1]):
        h, c = lstm_step(inputs[:, t], h, c, kernel, recurrent_kernel, bias)
        hs.append(h)
        cs.append(c)
    return np.stack(hs, axis=1), np.stack(cs, axis=1)


def make_windows(sequence, window):
    n = (len(sequence) - 1) // window
    inputs = [sequence[s * window : s * window + window] for s in range(n)]
    targets = [sequence[s * window + 1 : s * window + window + 1] for s in range(n)]
    return np.array(inputs), np.array(targets)


def build_stateful_lstm(batch_size, window, features, units, outputs):
    inputs = keras.Input(batch_shape=(batch_size, window, features))
    x = layers.LSTM(units, stateful=True, return_sequences=True)(inputs)
    probabilities = layers.Dense(outputs, activation="softmax")(x)
    return keras.Model(inputs, probabilities)


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
    out = np.zeros((*windows.shape[:3], model.output_shape[-1]), dtype="float32")
    for s, window in enumerate(windows):
        out[s] = model(window, training=False)
    return out


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
