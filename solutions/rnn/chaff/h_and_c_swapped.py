"""Wrong: `lstm_step` returns the cell state first and the hidden state second.

Fails: lstm_step_example, lstm_forward_example, lstm_step_values
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
    xh = np.concatenate([x, h], axis=1)
    W = np.concatenate([kernel, recurrent_kernel], axis=0)
    i, f, g, o = np.hsplit(xh @ W + bias, 4)
    c_t = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    h_t = sigmoid(o) * np.tanh(c_t)
    return c_t, h_t


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
    index = np.arange(count * window).reshape(count, window)
    return sequence[index], sequence[index + 1]


def build_stateful_lstm(batch_size, window, features, units, outputs):
    model = keras.Sequential(name="memory")
    model.add(layers.InputLayer(batch_shape=(batch_size, window, features)))
    model.add(layers.LSTM(units, stateful=True, return_sequences=True))
    model.add(layers.Dense(outputs))
    model.add(layers.Softmax())
    return model


def train_stateful(model, windows, targets, *, epochs):
    S, B, T, F = windows.shape
    start = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: reset_state(model))
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy(), optimizer=keras.optimizers.Adam(0.01))
    x, y = windows.reshape(S * B, T, F), targets.reshape(S * B, T)
    history = model.fit(x, y, B, epochs, shuffle=False, callbacks=[start], verbose=0)
    return history.history["loss"]


def predict_stateful(model, windows):
    s, b, t, f = windows.shape
    reset_state(model)
    flat = model.predict(windows.reshape(s * b, t, f), batch_size=b, verbose=0)
    return flat.reshape(s, b, t, -1)


def generate(model, start, length):
    n = model.input_shape[2]
    probs = predict_stateful(model, np.eye(n, dtype="float32")[start].reshape(-1, 1, 1, n))[-1]
    text = []
    for _ in range(length):
        letter = probs.argmax().item()
        text.append(letter)
        probs = model(np.eye(n, dtype="float32")[letter].reshape(1, 1, n), training=False).numpy()
    return text
