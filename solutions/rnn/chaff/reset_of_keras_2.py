"""Wrong: `train_stateful` calls `model.reset_states()`, which Keras 3 does not have any more.

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
    u = h.shape[1]
    z = x @ kernel + h @ recurrent_kernel + bias
    i, f = sigmoid(z[:, :u]), sigmoid(z[:, u : 2 * u])
    g, o = np.tanh(z[:, 2 * u : 3 * u]), sigmoid(z[:, 3 * u :])
    new_c = f * c + i * g
    new_h = o * np.tanh(new_c)
    return new_h, new_c


def lstm_forward(inputs, kernel, recurrent_kernel, bias, h0=None, c0=None):
    zeros = np.zeros((inputs.shape[0], recurrent_kernel.shape[0]), dtype=inputs.dtype)
    h = zeros if h0 is None else h0
    c = zeros if c0 is None else c0
    hs, cs = [], []
    for t in range(inputs.shape[1]):
        h, c = lstm_step(inputs[:, t], h, c, kernel, recurrent_kernel, bias)
        hs.append(h)
        cs.append(c)
    return np.stack(hs, axis=1), np.stack(cs, axis=1)


def make_windows(sequence, window):
    count = (sequence.shape[0] - 1) // window
    used = count * window
    return np.stack(np.split(sequence[:used], count)), np.stack(np.split(sequence[1 : used + 1], count))


def build_stateful_lstm(batch_size, window, features, units, outputs):
    model = keras.models.Sequential()
    model.add(keras.layers.InputLayer(batch_shape=(batch_size, window, features)))
    model.add(keras.layers.LSTM(units, stateful=True, return_sequences=True))
    model.add(keras.layers.Dense(outputs, activation="softmax"))
    return model


def train_stateful(model, windows, targets, *, epochs):
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy")
    losses = []
    for epoch in range(epochs):
        model.reset_states()
        epoch_losses = []
        for x, y in zip(windows, targets):
            epoch_losses.append(model.train_on_batch(x, y))
        losses.append(np.mean(epoch_losses))
    return losses


def predict_stateful(model, windows):
    reset_state(model)
    return np.stack([model(window, training=False) for window in windows])


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
