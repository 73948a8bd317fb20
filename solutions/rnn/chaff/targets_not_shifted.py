"""Wrong: the targets of `make_windows` are the inputs themselves.

Fails: windows_example, windows_shift
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
    z = x @ kernel + h @ recurrent_kernel + bias
    i, f, g, o = np.split(z, 4, axis=-1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def lstm_forward(inputs, kernel, recurrent_kernel, bias, h0=None, c0=None):
    n, steps = inputs.shape[:2]
    h, c = h0, c0
    if h is None:
        h = np.zeros((n, bias.size // 4)).astype(inputs.dtype)
    if c is None:
        c = np.zeros((n, bias.size // 4)).astype(inputs.dtype)
    states = []
    for t in range(steps):
        h, c = lstm_step(inputs[:, t], h, c, kernel, recurrent_kernel, bias)
        states.append((h, c))
    all_h, all_c = zip(*states)
    return np.stack(all_h, 1), np.stack(all_c, 1)


def make_windows(sequence, window):
    count = (len(sequence) - 1) // window
    inputs = [sequence[s * window : (s + 1) * window] for s in range(count)]
    targets = [sequence[s * window : (s + 1) * window] for s in range(count)]
    return np.array(inputs), np.array(targets)


def build_stateful_lstm(batch_size, window, features, units, outputs):
    model = keras.Sequential()
    model.add(keras.Input(shape=(window, features), batch_size=batch_size))
    model.add(layers.LSTM(units, return_sequences=True, stateful=True))
    model.add(layers.TimeDistributed(layers.Dense(outputs, activation="softmax")))
    return model


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
    return np.stack([model(window, training=False) for window in windows])


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
