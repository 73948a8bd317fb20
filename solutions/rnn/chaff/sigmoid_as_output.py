"""Wrong: the last activation is a sigmoid, one yes or no for each class.

Fails: training_learns_the_zigzag, network_gives_probabilities
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
    both = np.concatenate([x, h], axis=1)
    weights = np.concatenate([kernel, recurrent_kernel], axis=0)
    i, f, g, o = np.hsplit(both @ weights + bias, 4)
    c_next = np.multiply(sigmoid(f), c) + np.multiply(sigmoid(i), np.tanh(g))
    h_next = np.multiply(sigmoid(o), np.tanh(c_next))
    return h_next, c_next


def lstm_forward(inputs, kernel, recurrent_kernel, bias, h0=None, c0=None):
    h = np.zeros_like(inputs, shape=(len(inputs), len(recurrent_kernel))) if h0 is None else h0
    c = np.zeros_like(inputs, shape=(len(inputs), len(recurrent_kernel))) if c0 is None else c0
    all_h, all_c = [], []
    for x_t in inputs.transpose(1, 0, 2):
        h, c = lstm_step(x_t, h, c, kernel, recurrent_kernel, bias)
        all_h += [h]
        all_c += [c]
    return np.array(all_h).transpose(1, 0, 2), np.array(all_c).transpose(1, 0, 2)


def make_windows(sequence, window):
    n = (len(sequence) - 1) // window
    index = np.arange(n * window).reshape(n, window)
    return sequence[index], sequence[index + 1]


def build_stateful_lstm(batch_size, window, features, units, outputs):
    inputs = layers.Input(batch_shape=(batch_size, window, features))
    x = layers.LSTM(units, return_sequences=True, stateful=True)(inputs)
    outputs = layers.Dense(outputs, activation="sigmoid")(x)
    return keras.Model(inputs, outputs)


def train_stateful(model, windows, targets, *, epochs):
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="binary_crossentropy")
    one_hot = np.eye(model.output_shape[-1])[targets]
    losses = []
    for _ in range(epochs):
        reset_state(model)
        history = model.fit(
            np.concatenate(windows),
            np.concatenate(one_hot),
            batch_size=windows.shape[1],
            shuffle=False,
            verbose=0,
        )
        losses += history.history["loss"]
    return losses


def predict_stateful(model, windows):
    result = np.zeros(windows.shape[:3] + model.output_shape[-1:], dtype="float32")
    reset_state(model)
    for s, window in enumerate(windows):
        result[s] = model(window, training=False).numpy()
    return result


def generate(model, start, length):
    reset_state(model)
    n = model.input_shape[-1]

    def step(letter):
        x = np.zeros((1, 1, n), dtype="float32")
        x[0, 0, letter] = 1
        return int(np.argmax(model(x, training=False)))

    for letter in start:
        following = step(letter)
    result = [following]
    while len(result) < length:
        result.append(step(result[-1]))
    return result
