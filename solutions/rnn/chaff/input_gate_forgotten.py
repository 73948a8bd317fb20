"""Wrong: `lstm_step` adds the whole candidate to the cell state, without the input gate.

Fails: lstm_step_example, lstm_forward_example, lstm_step_values
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
    n = bias.size // 4

    def block(k):
        cols = slice(k * n, (k + 1) * n)
        return x @ kernel[:, cols] + h @ recurrent_kernel[:, cols] + bias[cols]

    c = sigmoid(block(1)) * c + np.tanh(block(2))
    h = sigmoid(block(3)) * np.tanh(c)
    return h, c


def lstm_forward(inputs, kernel, recurrent_kernel, bias, h0=None, c0=None):
    h = np.zeros_like(inputs, shape=(len(inputs), kernel.shape[1] // 4)) if h0 is None else h0
    c = np.zeros_like(h) if c0 is None else c0
    h_seq = []
    c_seq = []
    t = 0
    while t < inputs.shape[1]:
        h, c = lstm_step(inputs[:, t], h, c, kernel, recurrent_kernel, bias)
        h_seq.append(h[:, None])
        c_seq.append(c[:, None])
        t += 1
    return np.concatenate(h_seq, axis=1), np.concatenate(c_seq, axis=1)


def make_windows(sequence, window):
    inputs, targets = [], []
    for start in range(0, len(sequence) - window, window):
        inputs.append(sequence[start : start + window])
        targets.append(sequence[start + 1 : start + 1 + window])
    return np.stack(inputs), np.stack(targets)


def build_stateful_lstm(batch_size, window, features, units, outputs):
    return keras.Sequential(
        [
            keras.Input(batch_shape=(batch_size, window, features)),
            keras.layers.LSTM(units, return_sequences=True, stateful=True),
            keras.layers.Dense(outputs, activation="softmax"),
        ]
    )


def train_stateful(model, windows, targets, *, epochs):
    S, B, T, F = windows.shape
    start = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: reset_state(model))
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy(), optimizer=keras.optimizers.Adam(0.01))
    x, y = windows.reshape(S * B, T, F), targets.reshape(S * B, T)
    history = model.fit(x, y, B, epochs, shuffle=False, callbacks=[start], verbose=0)
    return history.history["loss"]


def predict_stateful(model, windows):
    reset_state(model)
    result = []
    for window in windows:
        result.append(model(window, training=False).numpy())
    return np.array(result)


def generate(model, start, length):
    def feed(letter):
        x = np.zeros((1, 1, model.input_shape[-1]), dtype="float32")
        x[0, 0, letter] = 1
        return int(np.argmax(model(x, training=False)))

    reset_state(model)
    for letter in start:
        following = feed(letter)
    generated = [following]
    for _ in range(length - 1):
        generated.append(feed(generated[-1]))
    return generated
