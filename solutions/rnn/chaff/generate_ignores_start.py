"""Wrong: `generate` reads only the last letter of the start.

Fails: generate_follows_the_network
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


class ResetState(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        reset_state(self.model)


def train_stateful(model, windows, targets, *, epochs):
    s, b, t, f = windows.shape
    model.compile(loss="sparse_categorical_crossentropy", optimizer=keras.optimizers.Adam(learning_rate=0.01))
    history = model.fit(
        windows.reshape(s * b, t, f),
        targets.reshape(s * b, t),
        batch_size=b,
        epochs=epochs,
        shuffle=False,
        callbacks=[ResetState()],
        verbose=0,
    )
    return history.history["loss"]


def predict_stateful(model, windows):
    reset_state(model)
    return np.stack([model(window, training=False) for window in windows])


def generate(model, start, length):
    reset_state(model)
    one_hot = np.eye(model.input_shape[-1], dtype="float32")
    letter = start[-1]
    result = []
    for _ in range(length):
        probabilities = model(one_hot[[[letter]]], training=False)
        letter = int(np.argmax(probabilities[0, 0]))
        result.append(letter)
    return result
