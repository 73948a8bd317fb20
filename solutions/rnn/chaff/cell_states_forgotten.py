"""Wrong: `lstm_forward` returns the hidden states only.

Fails: lstm_forward_example, lstm_forward_agrees_with_keras
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
    z = x @ kernel + h @ recurrent_kernel + bias
    i, f, g, o = np.split(z, 4, axis=-1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def lstm_forward(inputs, kernel, recurrent_kernel, bias, h0=None, c0=None):
    n, steps, _ = inputs.shape
    units = len(recurrent_kernel)
    h = np.zeros((n, units), inputs.dtype) if h0 is None else h0
    c = np.zeros((n, units), inputs.dtype) if c0 is None else c0
    outputs = np.empty((n, steps, units), inputs.dtype)
    for t in range(steps):
        h, c = lstm_step(inputs[:, t], h, c, kernel, recurrent_kernel, bias)
        outputs[:, t] = h
    return outputs


def make_windows(sequence, window):
    xs, ys = [], []
    s = 0
    while s + window + 1 <= len(sequence):
        xs.append(sequence[s : s + window])
        ys.append(sequence[s + 1 : s + window + 1])
        s += window
    return np.asarray(xs), np.asarray(ys)


def build_stateful_lstm(batch_size, window, features, units, outputs):
    model = keras.Sequential(name="memory")
    model.add(layers.InputLayer(batch_shape=(batch_size, window, features)))
    model.add(layers.LSTM(units, stateful=True, return_sequences=True))
    model.add(layers.Dense(outputs))
    model.add(layers.Softmax())
    return model


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
