"""Wrong: `train_stateful` returns the accuracies of the epochs, and not their losses.

The network is trained as it should be.

Fails: training_returns_losses, training_keeps_the_order
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
    inputs, targets = [], []
    start = 0
    while start + window < len(sequence):
        inputs.append(sequence[start : start + window])
        targets.append(sequence[start + 1 : start + 1 + window])
        start += window
    return np.stack(inputs), np.stack(targets)

def build_stateful_lstm(batch_size, window, features, units, outputs):
    return keras.Sequential(
        [
            keras.Input(batch_shape=(batch_size, window, features)),
            layers.LSTM(units, return_sequences=True, stateful=True),
            layers.Dense(outputs, activation="softmax"),
        ]
    )

def train_stateful(model, windows, targets, *, epochs):
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    x, y = np.concatenate(windows), np.concatenate(targets)
    losses = []
    for _ in range(epochs):
        reset_state(model)
        history = model.fit(x, y, batch_size=windows.shape[1], shuffle=False, verbose=0).history
        losses.append(history["accuracy"][0])
    return losses

def predict_stateful(model, windows):
    reset_state(model)
    s, b = windows.shape[:2]
    rows = model.predict(np.concatenate(windows), batch_size=b, verbose=0)
    return rows.reshape(s, b, *rows.shape[1:])

def generate(model, start, length):
    reset_state(model)
    one_hot = np.eye(model.input_shape[2], dtype=np.float32)
    queue, found = list(start), []
    while len(found) < length:
        letter = queue.pop(0)
        p = model(one_hot[letter][np.newaxis, np.newaxis, :], training=False).numpy()
        if not queue:
            found.append(int(p.argmax()))
            queue.append(found[-1])
    return found
