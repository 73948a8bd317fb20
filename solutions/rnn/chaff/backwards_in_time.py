"""Wrong: `lstm_forward` reads the sequences from the last time step to the first.

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
    n = bias.size // 4

    def block(k):
        cols = slice(k * n, (k + 1) * n)
        return x @ kernel[:, cols] + h @ recurrent_kernel[:, cols] + bias[cols]

    c = sigmoid(block(1)) * c + sigmoid(block(0)) * np.tanh(block(2))
    h = sigmoid(block(3)) * np.tanh(c)
    return h, c


def lstm_forward(inputs, kernel, recurrent_kernel, bias, h0=None, c0=None):
    shape = inputs.shape[0], recurrent_kernel.shape[0]
    h = np.zeros(shape, inputs.dtype) if h0 is None else h0
    c = np.zeros(shape, inputs.dtype) if c0 is None else c0
    hs, cs = [], []
    for t in range(1, inputs.shape[1] + 1):
        h, c = lstm_step(inputs[:, -t], h, c, kernel, recurrent_kernel, bias)
        hs.append(h)
        cs.append(c)
    return np.stack(hs, 1), np.stack(cs, 1)


def make_windows(sequence, window):
    xs, ys = [], []
    s = 0
    while s + window + 1 <= len(sequence):
        xs.append(sequence[s : s + window])
        ys.append(sequence[s + 1 : s + window + 1])
        s += window
    return np.asarray(xs), np.asarray(ys)


def build_stateful_lstm(batch_size, window, features, units, outputs):
    model = keras.Sequential()
    model.add(keras.Input(shape=(window, features), batch_size=batch_size))
    model.add(layers.LSTM(units, return_sequences=True, stateful=True))
    model.add(layers.TimeDistributed(layers.Dense(outputs, activation="softmax")))
    return model


def train_stateful(model, windows, targets, *, epochs):
    model.compile(keras.optimizers.Adam(0.01), "categorical_crossentropy")
    labels = np.eye(model.output_shape[-1])[targets]
    losses = []
    for _ in range(epochs):
        reset_state(model)
        losses.append(np.mean([model.train_on_batch(windows[s], labels[s]) for s in range(len(windows))]))
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
