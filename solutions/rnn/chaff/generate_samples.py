"""Wrong: `generate` draws each letter at random, with the probabilities that the network gives.

Fails: generate_follows_the_network
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
    units = c.shape[-1]

    def block(k):
        columns = slice(k * units, (k + 1) * units)
        return x @ kernel[:, columns] + h @ recurrent_kernel[:, columns] + bias[columns]

    input_gate = sigmoid(block(0))
    forget_gate = sigmoid(block(1))
    candidate = np.tanh(block(2))
    output_gate = sigmoid(block(3))
    c_new = forget_gate * c + input_gate * candidate
    return output_gate * np.tanh(c_new), c_new


def lstm_forward(inputs, kernel, recurrent_kernel, bias, h0=None, c0=None):
    shape = (len(inputs), bias.size // 4)
    if h0 is None:
        h0 = np.zeros(shape, inputs.dtype)
    if c0 is None:
        c0 = np.zeros(shape, inputs.dtype)
    states = [(h0, c0)]
    for x in np.moveaxis(inputs, 1, 0):
        states.append(lstm_step(x, *states[-1], kernel, recurrent_kernel, bias))
    hidden, cells = zip(*states[1:])
    return np.moveaxis(np.array(hidden), 0, 1), np.moveaxis(np.array(cells), 0, 1)


def make_windows(sequence, window):
    n = (len(sequence) - 1) // window
    index = np.arange(n * window).reshape(n, window)
    return sequence[index], sequence[index + 1]


def build_stateful_lstm(batch_size, window, features, units, outputs):
    x = inputs = layers.Input(batch_shape=(batch_size, window, features))
    x = layers.LSTM(units, stateful=True, return_sequences=True, name="memory")(x)
    x = layers.Dense(outputs)(x)
    x = layers.Softmax()(x)
    return keras.Model(inputs=inputs, outputs=x)


def train_stateful(model, windows, targets, *, epochs):
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy")
    x, y = np.concatenate(windows), np.concatenate(targets)
    losses = []
    for _ in range(epochs):
        reset_state(model)
        history = model.fit(x, y, batch_size=windows.shape[1], shuffle=False, verbose=0)
        losses.append(history.history["loss"][0])
    return losses


def predict_stateful(model, windows):
    reset_state(model)
    outputs = []
    for window in windows:
        outputs.append(model.predict_on_batch(window))
    return np.array(outputs)


def generate(model, start, length):
    reset_state(model)
    n = model.output_shape[-1]
    one_hot = np.eye(n, dtype="float32")
    for letter in start:
        p = model(one_hot[letter].reshape(1, 1, n), training=False)
    result = []
    while True:
        p = np.asarray(p, dtype="float64").ravel()
        letter = int(np.random.choice(n, p=p / p.sum()))
        result.append(letter)
        if len(result) == length:
            return result
        p = model(one_hot[letter].reshape(1, 1, n), training=False)
