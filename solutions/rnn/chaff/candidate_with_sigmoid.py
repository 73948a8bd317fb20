"""Wrong: `lstm_step` puts the candidate through σ, as it does with the three gates.

Fails: lstm_step_example, lstm_forward_example, lstm_step_values
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
    z = sigmoid(x @ kernel + h @ recurrent_kernel + bias)
    i, f, g, o = np.split(z, 4, axis=-1)
    c = f * c + i * g
    h = o * np.tanh(c)
    return h, c


def lstm_forward(inputs, kernel, recurrent_kernel, bias, h0=None, c0=None):
    zeros = np.zeros((len(inputs), len(recurrent_kernel)), dtype=inputs.dtype)
    h = zeros if h0 is None else h0
    c = zeros if c0 is None else c0
    hs, cs = [], []
    for t in range(inputs.shape[1]):
        h, c = lstm_step(inputs[:, t], h, c, kernel, recurrent_kernel, bias)
        hs.append(h)
        cs.append(c)
    return np.stack(hs, axis=1), np.stack(cs, axis=1)


def make_windows(sequence, window):
    xs, ys = [], []
    s = 0
    while s + window + 1 <= len(sequence):
        xs.append(sequence[s : s + window])
        ys.append(sequence[s + 1 : s + window + 1])
        s += window
    return np.asarray(xs), np.asarray(ys)


def build_stateful_lstm(batch_size, window, features, units, outputs):
    x = inputs = keras.Input(batch_shape=(batch_size, window, features), dtype="float32")
    x = keras.layers.GRU(units, return_sequences=True, stateful=True, name="gru")(x)
    x = keras.layers.Dense(outputs, "softmax", name="letters")(x)
    return keras.Model(inputs=inputs, outputs=x)


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
    out = np.zeros((*windows.shape[:3], model.output_shape[-1]), dtype="float32")
    for s, window in enumerate(windows):
        out[s] = model(window, training=False)
    return out


def generate(model, start, length):
    one_hot = np.eye(model.input_shape[-1], dtype="float32")
    reset_state(model)
    letters = list(start)
    for k in range(len(start) + length - 1):
        p = model(one_hot[letters[k]].reshape(1, 1, -1), training=False)
        if k >= len(start) - 1:
            letters.append(int(np.argmax(p)))
    return letters[len(start) :]
