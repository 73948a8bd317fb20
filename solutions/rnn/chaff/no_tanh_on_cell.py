"""Wrong: `lstm_step` shows the new cell state as it is: o * c' in place of o * tanh(c').

Fails: lstm_step_example, lstm_forward_example, lstm_step_values
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
    i, f, g, o = np.split(z, 4, axis=1)
    new_c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    new_h = sigmoid(o) * new_c
    return new_h, new_c


def lstm_forward(inputs, kernel, recurrent_kernel, bias, h0=None, c0=None):
    shape = (inputs.shape[0], recurrent_kernel.shape[0])
    state = [np.zeros(shape, inputs.dtype) if s is None else s for s in (h0, c0)]
    hidden, cells = [], []
    for x in inputs.swapaxes(0, 1):
        state = lstm_step(x, *state, kernel, recurrent_kernel, bias)
        hidden.append(state[0])
        cells.append(state[1])
    return np.array(hidden).swapaxes(0, 1), np.array(cells).swapaxes(0, 1)


def make_windows(sequence, window):
    inputs, targets = [], []
    for start in range(0, len(sequence) - window, window):
        inputs.append(sequence[start : start + window])
        targets.append(sequence[start + 1 : start + 1 + window])
    return np.stack(inputs), np.stack(targets)


def build_stateful_lstm(batch_size, window, features, units, outputs):
    inputs = keras.Input(batch_shape=(batch_size, window, features))
    x = layers.LSTM(units, stateful=True, return_sequences=True)(inputs)
    probabilities = layers.Dense(outputs, activation="softmax")(x)
    return keras.Model(inputs, probabilities)


def train_stateful(model, windows, targets, *, epochs):
    model.compile(optimizer=keras.optimizers.Adam(1e-2), loss="sparse_categorical_crossentropy")
    x, y = np.concatenate(windows), np.concatenate(targets)
    losses = []
    for epoch in range(epochs):
        reset_state(model)
        history = model.fit(x, y, batch_size=windows.shape[1], shuffle=False, verbose=0)
        losses.append(history.history["loss"][0])
    return losses


def predict_stateful(model, windows):
    reset_state(model)
    return np.stack([model(window, training=False) for window in windows])


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
