"""Wrong: the loss is the squared distance of every probability to the number of the class.

Fails: training_learns_the_zigzag, training_keeps_the_order, training_learns_the_flip_flop
"""

import keras
import numpy as np


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
    n, steps, _ = inputs.shape
    units = len(recurrent_kernel)
    hidden = np.empty((n, steps, units), dtype=inputs.dtype)
    cells = np.empty_like(hidden)
    h = h0 if h0 is not None else np.zeros((n, units), inputs.dtype)
    c = c0 if c0 is not None else np.zeros((n, units), inputs.dtype)
    for t in range(steps):
        h, c = lstm_step(inputs[:, t, :], h, c, kernel, recurrent_kernel, bias)
        hidden[:, t] = h
        cells[:, t] = c
    return hidden, cells


def make_windows(sequence, window):
    count = (sequence.shape[0] - 1) // window
    used = count * window
    return np.stack(np.split(sequence[:used], count)), np.stack(np.split(sequence[1 : used + 1], count))


def build_stateful_lstm(batch_size, window, features, units, outputs):
    inputs = keras.Input(batch_shape=(batch_size, window, features))
    x = keras.layers.LSTM(units, return_sequences=True, stateful=True)(inputs)
    return keras.Model(inputs, keras.layers.Dense(outputs, activation="softmax")(x))


def train_stateful(model, windows, targets, *, epochs):
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mse")
    losses = []
    for _ in range(epochs):
        reset_state(model)
        steps = [model.train_on_batch(x, y[..., np.newaxis]) for x, y in zip(windows, targets)]
        losses.append(np.mean(steps))
    return losses


def predict_stateful(model, windows):
    reset_state(model)
    s, b = windows.shape[:2]
    rows = model.predict(np.concatenate(windows), batch_size=b, verbose=0)
    return rows.reshape(s, b, *rows.shape[1:])


def generate(model, start, length):
    eye = np.eye(model.output_shape[-1])
    reset_state(model)
    for letter in start:
        probabilities = model(eye[letter].reshape(1, 1, -1), training=False)
    result = []
    for _ in range(length):
        letter = int(np.argmax(probabilities[0, -1]))
        result.append(letter)
        probabilities = model(eye[letter].reshape(1, 1, -1), training=False)
    return result
