"""Wrong: `make_windows` fills up what is left at the end with zeros, to one window more.

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
    z = x @ kernel + h @ recurrent_kernel + bias
    i, f, g, o = np.split(z, 4, axis=-1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


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
    inputs, targets = sequence[:-1], sequence[1:]
    missing = -len(inputs) % window
    zeros = np.zeros((missing, *sequence.shape[1:]), dtype=sequence.dtype)
    inputs = np.concatenate([inputs, zeros])
    targets = np.concatenate([targets, zeros])
    shape = (-1, window, *sequence.shape[1:])
    return inputs.reshape(shape), targets.reshape(shape)


def build_stateful_lstm(batch_size, window, features, units, outputs):
    return keras.Sequential(
        [
            keras.Input(batch_shape=(batch_size, window, features)),
            keras.layers.LSTM(units, return_sequences=True, stateful=True),
            keras.layers.Dense(outputs, activation="softmax"),
        ]
    )


class ResetState(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        reset_state(self.model)


def train_stateful(model, windows, targets, *, epochs):
    model.compile(keras.optimizers.Nadam(0.01), loss="sparse_categorical_crossentropy")
    options = {"batch_size": windows.shape[1], "epochs": epochs, "shuffle": False, "verbose": 0}
    x, y = np.concatenate(windows, axis=0), np.concatenate(targets, axis=0)
    return model.fit(x, y, callbacks=[ResetState()], **options).history["loss"]


def predict_stateful(model, windows):
    reset_state(model)
    out = np.zeros((*windows.shape[:3], model.output_shape[-1]), dtype="float32")
    for s, window in enumerate(windows):
        out[s] = model(window, training=False)
    return out


def generate(model, start, length):
    one_hot = np.eye(model.input_shape[-1], dtype="float32")
    reset_state(model)
    letters = list(start)
    for k in range(len(start) + length - 1):
        p = model(one_hot[letters[k]].reshape(1, 1, -1), training=False)
        if k >= len(start) - 1:
            letters.append(int(np.argmax(p)))
    return letters[len(start) :]
