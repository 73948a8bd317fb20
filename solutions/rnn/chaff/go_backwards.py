"""Wrong: the LSTM reads each window from its end.

Fails: network_remembers, training_learns_the_flip_flop
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
    z_i, z_f, z_g, z_o = np.split(x.dot(kernel) + h.dot(recurrent_kernel) + bias, 4, axis=1)
    c = sigmoid(z_f) * c + sigmoid(z_i) * np.tanh(z_g)
    return sigmoid(z_o) * np.tanh(c), c


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
    inputs, targets = [], []
    start = 0
    while start + window < len(sequence):
        inputs.append(sequence[start : start + window])
        targets.append(sequence[start + 1 : start + 1 + window])
        start += window
    return np.stack(inputs), np.stack(targets)


def build_stateful_lstm(batch_size, window, features, units, outputs):
    model = keras.Sequential()
    model.add(keras.Input(batch_shape=(batch_size, window, features)))
    model.add(layers.LSTM(units, stateful=True, return_sequences=True, go_backwards=True))
    model.add(layers.Dense(outputs, activation="softmax"))
    return model


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
    eye = np.eye(model.output_shape[-1])
    reset_state(model)
    for letter in start:
        probabilities = model(eye[letter].reshape(1, 1, -1), training=False)
    result = []
    for _ in range(length):
        letter = int(np.argmax(probabilities[0, -1]))
        result.append(letter)
        probabilities = model(eye[letter].reshape(1, 1, -1), training=False)
    return result
