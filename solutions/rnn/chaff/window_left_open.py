"""Wrong: the number of time steps is left open in the input's shape.

Fails: network_shape
"""

import keras
import numpy as np
import tensorflow as tf


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
    starts = range(0, len(sequence) - window, window)
    inputs = np.array([sequence[s : s + window] for s in starts])
    targets = np.array([sequence[s + 1 : s + window + 1] for s in starts])
    return inputs, targets


def build_stateful_lstm(batch_size, window, features, units, outputs):
    inputs = keras.Input(batch_shape=(batch_size, None, features))
    x = keras.layers.LSTM(units, stateful=True, return_sequences=True)(inputs)
    x = keras.layers.Dense(outputs, activation="softmax")(x)
    return keras.Model(inputs, x)


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
        losses.append(float(np.mean([step(x, y) for x, y in zip(windows, targets)])))
    return losses


def predict_stateful(model, windows):
    reset_state(model)
    return np.stack([model(window, training=False) for window in windows])


def generate(model, start, length):
    reset_state(model)
    eye = np.eye(model.input_shape[-1], dtype="float32")
    letters = list(start)
    for k in range(len(start) + length - 1):
        p = model(eye[letters[k]][None, None], training=False)
        if k + 1 >= len(start):
            letters.append(int(np.argmax(p)))
    return letters[-length:]
