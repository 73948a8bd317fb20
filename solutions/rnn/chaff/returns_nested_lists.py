"""Wrong: `train_stateful` returns a list of one loss for every epoch, in a list.

The network is trained as it should be.

Fails: training_returns_losses, training_keeps_the_order
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
    u = h.shape[1]
    z = x @ kernel + h @ recurrent_kernel + bias
    i, f = sigmoid(z[:, :u]), sigmoid(z[:, u : 2 * u])
    g, o = np.tanh(z[:, 2 * u : 3 * u]), sigmoid(z[:, 3 * u :])
    new_c = f * c + i * g
    new_h = o * np.tanh(new_c)
    return new_h, new_c


def lstm_forward(inputs, kernel, recurrent_kernel, bias, h0=None, c0=None):
    shape = (len(inputs), bias.size // 4)
    if h0 is None:
        h0 = np.zeros(shape, inputs.dtype)
    if c0 is None:
        c0 = np.zeros(shape, inputs.dtype)
    states = [(h0, c0)]
    for x in np.moveaxis(inputs, 1, 0):
        states.append(lstm_step(x, *states[-1], kernel, recurrent_kernel, bias))
    hidden, cells = zip(*states[1:])
    return np.moveaxis(np.array(hidden), 0, 1), np.moveaxis(np.array(cells), 0, 1)


def make_windows(sequence, window):
    inputs, targets = [], []
    start = 0
    while start + window < len(sequence):
        inputs.append(sequence[start : start + window])
        targets.append(sequence[start + 1 : start + 1 + window])
        start += window
    return np.stack(inputs), np.stack(targets)


def build_stateful_lstm(batch_size, window, features, units, outputs):
    inputs = keras.Input(batch_shape=(batch_size, window, features))
    x = keras.layers.LSTM(units, return_sequences=True, stateful=True)(inputs)
    return keras.Model(inputs, keras.layers.Dense(outputs, activation="softmax")(x))


def train_stateful(model, windows, targets, *, epochs):
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy")
    x, y = np.concatenate(windows), np.concatenate(targets)
    losses = []
    for _ in range(epochs):
        reset_state(model)
        history = model.fit(x, y, batch_size=windows.shape[1], shuffle=False, verbose=0)
        losses.append(history.history["loss"])
    return losses


def predict_stateful(model, windows):
    reset_state(model)
    outputs = []
    for window in windows:
        outputs.append(model.predict_on_batch(window))
    return np.array(outputs)


def generate(model, start, length):
    reset_state(model)
    eye = np.eye(model.input_shape[-1], dtype="float32")
    letters = list(start)
    for k in range(len(start) + length - 1):
        p = model(eye[letters[k]][None, None], training=False)
        if k + 1 >= len(start):
            letters.append(int(np.argmax(p)))
    return letters[-length:]
