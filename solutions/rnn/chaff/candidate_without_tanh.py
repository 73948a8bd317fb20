"""Wrong: the candidate of `lstm_step` has no activation.

Fails: lstm_step_example, lstm_forward_example, lstm_step_values
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
    z = (x @ kernel + h @ recurrent_kernel + bias).reshape(len(x), 4, -1)
    i = sigmoid(z[:, 0])
    f = sigmoid(z[:, 1])
    g = z[:, 2]
    o = sigmoid(z[:, 3])
    c = f * c + i * g
    return o * np.tanh(c), c


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
    inputs = np.zeros((count, window, *sequence.shape[1:]), dtype=sequence.dtype)
    targets = np.zeros_like(inputs)
    for s in range(count):
        for t in range(window):
            inputs[s, t] = sequence[window * s + t]
            targets[s, t] = sequence[window * s + t + 1]
    return inputs, targets


def build_stateful_lstm(batch_size, window, features, units, outputs):
    return Sequential(
        [
            Input(batch_shape=(batch_size, window, features)),
            LSTM(units, stateful=True, return_sequences=True),
            Dense(outputs, activation="softmax"),
        ]
    )


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
    result = []
    for window in windows:
        result.append(model(window, training=False).numpy())
    return np.array(result)


def generate(model, start, length):
    reset_state(model)
    todo, new = list(start), []
    while True:
        vector = keras.ops.one_hot([[todo.pop(0)]], model.input_shape[-1])
        best = int(np.argmax(model(vector, training=False)[0, 0]))
        if todo:
            continue
        new.append(best)
        if len(new) == length:
            return new
        todo.append(best)
