"""Wrong: `lstm_forward` makes its states of zeros as wide as the inputs, as if units were features.

Fails: lstm_forward_agrees_with_keras
"""

import keras
import numpy as np
import tensorflow as tf
from keras import Input, Sequential
from keras.layers import LSTM, Dense


def sigmoid(z):
    return (1 + np.tanh(z / 2)) / 2


def reset_state(model):
    for layer in model.layers:
        if isinstance(layer, keras.layers.RNN):
            layer.reset_states()


def lstm_step(x, h, c, kernel, recurrent_kernel, bias):
    W = np.split(kernel, 4, axis=1)
    U = np.split(recurrent_kernel, 4, axis=1)
    b = np.split(bias, 4)
    i = sigmoid(x @ W[0] + h @ U[0] + b[0])
    f = sigmoid(x @ W[1] + h @ U[1] + b[1])
    g = np.tanh(x @ W[2] + h @ U[2] + b[2])
    o = sigmoid(x @ W[3] + h @ U[3] + b[3])
    c = f * c + i * g
    h = o * np.tanh(c)
    return h, c


def lstm_forward(inputs, kernel, recurrent_kernel, bias, h0=None, c0=None):
    h = np.zeros_like(inputs[:, 0]) if h0 is None else h0
    c = np.zeros_like(inputs[:, 0]) if c0 is None else c0
    hidden, cells = [], []
    for t in range(inputs.shape[1]):
        h, c = lstm_step(inputs[:, t], h, c, kernel, recurrent_kernel, bias)
        hidden += [h]
        cells += [c]
    return np.stack(hidden, axis=1), np.stack(cells, axis=1)


def make_windows(sequence, window):
    now, then = sequence[:-1], sequence[1:]
    used = len(now) - len(now) % window
    inputs = np.split(now[:used], used // window)
    targets = np.split(then[:used], used // window)
    return np.stack(inputs), np.stack(targets)


def build_stateful_lstm(batch_size, window, features, units, outputs):
    return Sequential(
        [
            Input(batch_shape=(batch_size, window, features)),
            LSTM(units, stateful=True, return_sequences=True),
            Dense(outputs, activation="softmax"),
        ]
    )


def train_stateful(model, windows, targets, *, epochs):
    optimizer = keras.optimizers.Adam(0.01)
    loss_fn = keras.losses.SparseCategoricalCrossentropy()

    @tf.function
    def step(x, y):
        with tf.GradientTape() as tape:
            loss = loss_fn(y, model(x, training=True))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
        return loss

    losses = []
    for _ in range(epochs):
        reset_state(model)
        losses.append(float(np.mean([step(x, y).numpy() for x, y in zip(windows, targets)])))
    return losses


def predict_stateful(model, windows):
    reset_state(model)
    return np.stack([model(window, training=False) for window in windows])


def generate(model, start, length):
    one_hot = np.eye(model.input_shape[-1], dtype="float32")
    reset_state(model)
    letters = list(start)
    for k in range(len(start) + length - 1):
        p = model(one_hot[letters[k]].reshape(1, 1, -1), training=False)
        if k >= len(start) - 1:
            letters.append(int(np.argmax(p)))
    return letters[len(start) :]
