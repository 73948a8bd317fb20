"""Wrong: `make_windows` works for sequences of numbers, and not for sequences of arrays.

Fails: windows_shift
"""

import keras
import numpy as np
import tensorflow as tf
from keras import layers


def sigmoid(z):
    return (1 + np.tanh(z / 2)) / 2


def reset_state(model):
    for layer in model.layers:
        if isinstance(layer, keras.layers.RNN):
            layer.reset_states()


def lstm_step(x, h, c, kernel, recurrent_kernel, bias):
    u = h.shape[-1]
    z = np.dot(x, kernel) + np.dot(h, recurrent_kernel) + bias
    i = sigmoid(z[:, :u])
    f = sigmoid(z[:, u : 2 * u])
    g = np.tanh(z[:, 2 * u : 3 * u])
    o = sigmoid(z[:, 3 * u :])
    c_new = f * c + i * g
    h_new = o * np.tanh(c_new)
    return h_new, c_new


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
    count = (len(sequence) - 1) // window
    inputs = sequence[: count * window].reshape(count, window)
    targets = sequence[1 : count * window + 1].reshape(count, window)
    return inputs, targets


def build_stateful_lstm(batch_size, window, features, units, outputs):
    inputs = keras.Input(batch_shape=(batch_size, window, features))
    x = layers.LSTM(units, stateful=True, return_sequences=True)(inputs)
    probabilities = layers.Dense(outputs, activation="softmax")(x)
    return keras.Model(inputs, probabilities)


def train_stateful(model, windows, targets, *, epochs):
    data = tf.data.Dataset.from_tensor_slices((windows, targets))
    model.compile(keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy")
    losses = []
    for _ in range(epochs):
        reset_state(model)
        losses += model.fit(data, verbose=0).history["loss"]
    return losses


def predict_stateful(model, windows):
    reset_state(model)
    predictions = [model.predict(x, batch_size=len(x), verbose=0) for x in windows]
    return np.stack(predictions, axis=0)


def generate(model, start, length):
    n = model.input_shape[2]
    probs = predict_stateful(model, np.eye(n, dtype="float32")[start].reshape(-1, 1, 1, n))[-1]
    text = []
    for _ in range(length):
        letter = probs.argmax().item()
        text.append(letter)
        probs = model(np.eye(n, dtype="float32")[letter].reshape(1, 1, n), training=False).numpy()
    return text
