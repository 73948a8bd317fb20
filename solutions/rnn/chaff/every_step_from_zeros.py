"""Wrong: `lstm_forward` starts every time step from the first states again.

Fails: lstm_forward_example, lstm_forward_agrees_with_keras
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
    z = z.reshape(len(h), 4, -1)
    i, f, o = sigmoid(z[:, 0]), sigmoid(z[:, 1]), sigmoid(z[:, 3])
    candidate = np.tanh(z[:, 2])
    c = f * c + i * candidate
    return o * np.tanh(c), c


def lstm_forward(inputs, kernel, recurrent_kernel, bias, h0=None, c0=None):
    n, steps, _ = inputs.shape
    units = len(recurrent_kernel)
    if h0 is None:
        h0 = np.zeros((n, units), inputs.dtype)
    if c0 is None:
        c0 = np.zeros((n, units), inputs.dtype)
    states = [lstm_step(inputs[:, t], h0, c0, kernel, recurrent_kernel, bias) for t in range(steps)]
    return np.stack([h for h, _ in states], axis=1), np.stack([c for _, c in states], axis=1)


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


def train_stateful(model, windows, targets, *, epochs):
    S, B, T, F = windows.shape
    start = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: reset_state(model))
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy(), optimizer=keras.optimizers.Adam(0.01))
    x, y = windows.reshape(S * B, T, F), targets.reshape(S * B, T)
    history = model.fit(x, y, B, epochs, shuffle=False, callbacks=[start], verbose=0)
    return history.history["loss"]


def predict_stateful(model, windows):
    reset_state(model)
    return np.array([model.predict_on_batch(x) for x in windows])


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
