"""Wrong: dropout comes last and sets probabilities to zero while the network is trained.

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
    z = x @ kernel + h @ recurrent_kernel + bias
    z = z.reshape(len(x), 4, -1)
    gates = sigmoid(z)
    c = gates[:, 1] * c + gates[:, 0] * np.tanh(z[:, 2])
    h = gates[:, 3] * np.tanh(c)
    return h, c


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
    n = (len(sequence) - 1) // window
    index = np.arange(n * window).reshape(n, window)
    return sequence[index], sequence[index + 1]


def build_stateful_lstm(batch_size, window, features, units, outputs):
    model = keras.Sequential()
    model.add(keras.Input(batch_shape=(batch_size, window, features)))
    model.add(layers.LSTM(units, stateful=True, return_sequences=True))
    model.add(layers.Dense(outputs, activation="softmax"))
    model.add(layers.Dropout(0.2))
    return model


def train_stateful(model, windows, targets, *, epochs):
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy")
    x, y = np.concatenate(windows), np.concatenate(targets)
    losses = []
    for _ in range(epochs):
        reset_state(model)
        history = model.fit(x, y, batch_size=windows.shape[1], shuffle=False, verbose=0)
        losses.append(history.history["loss"][0])
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
