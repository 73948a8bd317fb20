"""Wrong: `epochs` is not passed on, so there is only one.

Fails: training_learns_the_zigzag, training_keeps_the_order, training_learns_the_flip_flop
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
    z = z.reshape(len(x), 4, -1)
    gates = sigmoid(z)
    c = gates[:, 1] * c + gates[:, 0] * np.tanh(z[:, 2])
    h = gates[:, 3] * np.tanh(c)
    return h, c


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
    starts = range(0, len(sequence) - window, window)
    inputs = np.array([sequence[s : s + window] for s in starts])
    targets = np.array([sequence[s + 1 : s + window + 1] for s in starts])
    return inputs, targets


def build_stateful_lstm(batch_size, window, features, units, outputs):
    model = keras.Sequential([keras.Input(batch_shape=(batch_size, window, features))])
    model.add(layers.LSTM(units, stateful=True, return_sequences=True))
    model.add(layers.TimeDistributed(layers.Dense(outputs, activation="softmax")))
    return model


def train_stateful(model, windows, targets, *, epochs):
    s, b, t, f = windows.shape
    reset_state(model)
    model.compile(optimizer=keras.optimizers.Adam(0.003), loss="sparse_categorical_crossentropy")
    history = model.fit(
        windows.reshape(s * b, t, f), targets.reshape(s * b, t), batch_size=b, shuffle=False, verbose=0
    )
    return history.history["loss"]


def predict_stateful(model, windows):
    reset_state(model)
    outputs = []
    for window in windows:
        outputs.append(model.predict_on_batch(window))
    return np.array(outputs)


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
