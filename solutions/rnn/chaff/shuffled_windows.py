"""Wrong: every epoch takes the windows in another random order.

Fails: training_learns_the_zigzag, training_keeps_the_order, training_learns_the_flip_flop
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
    n, steps, _ = inputs.shape
    units = len(recurrent_kernel)
    hidden = np.empty((n, steps, units), dtype=inputs.dtype)
    cells = np.empty_like(hidden)
    h = h0 if h0 is not None else np.zeros((n, units), inputs.dtype)
    c = c0 if c0 is not None else np.zeros((n, units), inputs.dtype)
    for t in range(steps):
        h, c = lstm_step(inputs[:, t, :], h, c, kernel, recurrent_kernel, bias)
        hidden[:, t] = h
        cells[:, t] = c
    return hidden, cells


def make_windows(sequence, window):
    count = (sequence.shape[0] - 1) // window
    used = count * window
    return np.stack(np.split(sequence[:used], count)), np.stack(np.split(sequence[1 : used + 1], count))


def build_stateful_lstm(batch_size, window, features, units, outputs):
    model = keras.Sequential([keras.Input(batch_shape=(batch_size, window, features))])
    model.add(layers.LSTM(units, stateful=True, return_sequences=True))
    model.add(layers.TimeDistributed(layers.Dense(outputs, activation="softmax")))
    return model


def train_stateful(model, windows, targets, *, epochs):
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy")
    rng = np.random.default_rng(0)
    losses = []
    for _ in range(epochs):
        reset_state(model)
        order = rng.permutation(len(windows))
        losses.append(np.mean([model.train_on_batch(windows[s], targets[s]) for s in order]))
    return losses


def predict_stateful(model, windows):
    reset_state(model)
    s, b = windows.shape[:2]
    rows = model.predict(np.concatenate(windows), batch_size=b, verbose=0)
    return rows.reshape(s, b, *rows.shape[1:])


def generate(model, start, length):
    reset_state(model)
    n = model.input_shape[-1]

    def step(letter):
        x = np.zeros((1, 1, n), dtype="float32")
        x[0, 0, letter] = 1
        return int(np.argmax(model(x, training=False)))

    for letter in start:
        following = step(letter)
    result = [following]
    while len(result) < length:
        result.append(step(result[-1]))
    return result
