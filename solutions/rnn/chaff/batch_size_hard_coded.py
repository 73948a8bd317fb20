"""Wrong: the network is always built for batches of 32.

Fails: network_shape
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
    both = np.concatenate([x, h], axis=1)
    weights = np.concatenate([kernel, recurrent_kernel], axis=0)
    i, f, g, o = np.hsplit(both @ weights + bias, 4)
    c_next = np.multiply(sigmoid(f), c) + np.multiply(sigmoid(i), np.tanh(g))
    h_next = np.multiply(sigmoid(o), np.tanh(c_next))
    return h_next, c_next


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
    n = (len(sequence) - 1) // window
    shape = (n, window) + sequence.shape[1:]
    return sequence[: n * window].reshape(shape), sequence[1 : n * window + 1].reshape(shape)


BATCH_SIZE = 32


def build_stateful_lstm(batch_size, window, features, units, outputs):
    model = keras.Sequential()
    model.add(keras.Input(batch_shape=(BATCH_SIZE, window, features)))
    model.add(layers.LSTM(units, stateful=True, return_sequences=True))
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
    reset_state(model)
    eye = np.eye(model.input_shape[-1], dtype="float32")
    letters = list(start)
    for k in range(len(start) + length - 1):
        p = model(eye[letters[k]][None, None], training=False)
        if k + 1 >= len(start):
            letters.append(int(np.argmax(p)))
    return letters[-length:]
