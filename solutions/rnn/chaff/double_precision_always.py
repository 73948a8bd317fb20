"""Wrong: `lstm_forward` collects the states in arrays of float64, whatever the inputs are.

Fails: lstm_precision
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
    z = z.reshape(len(h), 4, -1)
    i, f, o = sigmoid(z[:, 0]), sigmoid(z[:, 1]), sigmoid(z[:, 3])
    candidate = np.tanh(z[:, 2])
    c = f * c + i * candidate
    return o * np.tanh(c), c


def lstm_forward(inputs, kernel, recurrent_kernel, bias, h0=None, c0=None):
    n, steps, _ = inputs.shape
    units = recurrent_kernel.shape[0]
    h = np.zeros((n, units)) if h0 is None else h0
    c = np.zeros((n, units)) if c0 is None else c0
    hs = np.zeros((n, steps, units))
    cs = np.zeros((n, steps, units))
    for t in range(steps):
        h, c = lstm_step(inputs[:, t], h, c, kernel, recurrent_kernel, bias)
        hs[:, t] = h
        cs[:, t] = c
    return hs, cs


def make_windows(sequence, window):
    count = (len(sequence) - 1) // window
    end = count * window
    shape = (count, window) + sequence.shape[1:]
    return sequence[:end].reshape(shape), sequence[1 : end + 1].reshape(shape)


def build_stateful_lstm(batch_size, window, features, units, outputs):
    x = inputs = keras.Input(batch_shape=(batch_size, window, features), dtype="float32")
    x = keras.layers.GRU(units, return_sequences=True, stateful=True, name="gru")(x)
    x = keras.layers.Dense(outputs, "softmax", name="letters")(x)
    return keras.Model(inputs=inputs, outputs=x)


def train_stateful(model, windows, targets, *, epochs):
    S, B, T, F = windows.shape
    start = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: reset_state(model))
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy(), optimizer=keras.optimizers.Adam(0.01))
    x, y = windows.reshape(S * B, T, F), targets.reshape(S * B, T)
    history = model.fit(x, y, B, epochs, shuffle=False, callbacks=[start], verbose=0)
    return history.history["loss"]


def predict_stateful(model, windows):
    reset_state(model)
    out = np.zeros((*windows.shape[:3], model.output_shape[-1]), dtype="float32")
    for s, window in enumerate(windows):
        out[s] = model(window, training=False)
    return out


def generate(model, start, length):
    n = model.input_shape[2]
    probs = predict_stateful(model, np.eye(n, dtype="float32")[start].reshape(-1, 1, 1, n))[-1]
    text = []
    for _ in range(length):
        letter = probs.argmax().item()
        text.append(letter)
        probs = model(np.eye(n, dtype="float32")[letter].reshape(1, 1, n), training=False).numpy()
    return text
