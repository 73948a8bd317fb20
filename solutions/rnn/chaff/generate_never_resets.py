"""Wrong: `generate` does not reset the state before it reads the start.

Fails: generate_follows_the_network
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
    units = c.shape[-1]

    def block(k):
        columns = slice(k * units, (k + 1) * units)
        return x @ kernel[:, columns] + h @ recurrent_kernel[:, columns] + bias[columns]

    input_gate = sigmoid(block(0))
    forget_gate = sigmoid(block(1))
    candidate = np.tanh(block(2))
    output_gate = sigmoid(block(3))
    c_new = forget_gate * c + input_gate * candidate
    return output_gate * np.tanh(c_new), c_new


def lstm_forward(inputs, kernel, recurrent_kernel, bias, h0=None, c0=None):
    zeros = np.zeros((inputs.shape[0], recurrent_kernel.shape[0]), dtype=inputs.dtype)
    h = zeros if h0 is None else h0
    c = zeros if c0 is None else c0
    hs, cs = [], []
    for t in range(inputs.shape[1]):
        h, c = lstm_step(inputs[:, t], h, c, kernel, recurrent_kernel, bias)
        hs.append(h)
        cs.append(c)
    return np.stack(hs, axis=1), np.stack(cs, axis=1)


def make_windows(sequence, window):
    starts = range(0, len(sequence) - window, window)
    inputs = np.array([sequence[s : s + window] for s in starts])
    targets = np.array([sequence[s + 1 : s + window + 1] for s in starts])
    return inputs, targets


def build_stateful_lstm(batch_size, window, features, units, outputs):
    return keras.Sequential(
        [
            keras.Input(batch_shape=(batch_size, window, features)),
            layers.LSTM(units, return_sequences=True, stateful=True),
            layers.Dense(outputs, activation="softmax"),
        ]
    )


def train_stateful(model, windows, targets, *, epochs):
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
    losses = []
    for epoch in range(epochs):
        reset_state(model)
        total = 0.0
        for s in range(len(windows)):
            total += float(model.train_on_batch(windows[s], targets[s]))
        losses.append(total / len(windows))
    return losses


def predict_stateful(model, windows):
    reset_state(model)
    return np.stack([model(window, training=False) for window in windows])


def generate(model, start, length):
    one_hot = np.eye(model.input_shape[-1])
    for letter in start:
        p = model(one_hot[letter].reshape(1, 1, -1), training=False)
    letters = [int(np.argmax(p))]
    for _ in range(length - 1):
        p = model(one_hot[letters[-1]].reshape(1, 1, -1), training=False)
        letters.append(int(np.argmax(p)))
    return letters
