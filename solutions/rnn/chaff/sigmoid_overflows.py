"""Wrong: `lstm_step` writes σ(z) as exp(z) / (1 + exp(z)), which is NaN for large z.

Fails: lstm_forward_long
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
    e = np.exp(z)
    i, f, _, o = np.split(e / (1 + e), 4, axis=-1)
    g = np.tanh(np.split(z, 4, axis=-1)[2])
    c = f * c + i * g
    h = o * np.tanh(c)
    return h, c


def lstm_forward(inputs, kernel, recurrent_kernel, bias, h0=None, c0=None):
    shape = (inputs.shape[0], recurrent_kernel.shape[0])
    state = [np.zeros(shape, inputs.dtype) if s is None else s for s in (h0, c0)]
    hidden, cells = [], []
    for x in inputs.swapaxes(0, 1):
        state = lstm_step(x, *state, kernel, recurrent_kernel, bias)
        hidden.append(state[0])
        cells.append(state[1])
    return np.array(hidden).swapaxes(0, 1), np.array(cells).swapaxes(0, 1)


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


class ResetState(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        reset_state(self.model)


def train_stateful(model, windows, targets, *, epochs):
    model.compile(keras.optimizers.Nadam(0.01), loss="sparse_categorical_crossentropy")
    options = {"batch_size": windows.shape[1], "epochs": epochs, "shuffle": False, "verbose": 0}
    x, y = np.concatenate(windows, axis=0), np.concatenate(targets, axis=0)
    return model.fit(x, y, callbacks=[ResetState()], **options).history["loss"]


def predict_stateful(model, windows):
    s, b, t, f = windows.shape
    reset_state(model)
    flat = model.predict(windows.reshape(s * b, t, f), batch_size=b, verbose=0)
    return flat.reshape(s, b, t, -1)


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
