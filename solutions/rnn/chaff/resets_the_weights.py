"""Wrong: to reset the network before every epoch, `train_stateful` also gives it its first weights back.

Fails: training_learns_the_zigzag, training_learns_the_flip_flop,
generate_continues_the_zigzag
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
    z_i, z_f, z_g, z_o = np.split(x.dot(kernel) + h.dot(recurrent_kernel) + bias, 4, axis=1)
    c = sigmoid(z_f) * c + sigmoid(z_i) * np.tanh(z_g)
    return sigmoid(z_o) * np.tanh(c), c


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
    model = keras.Sequential([keras.Input(batch_shape=(batch_size, window, features))])
    model.add(layers.LSTM(units, stateful=True, return_sequences=True))
    model.add(layers.TimeDistributed(layers.Dense(outputs, activation="softmax")))
    return model


def train_stateful(model, windows, targets, *, epochs):
    model.compile(optimizer=keras.optimizers.Adam(0.003), loss="sparse_categorical_crossentropy")
    fresh = model.get_weights()
    x, y = np.concatenate(windows), np.concatenate(targets)
    losses = []
    for _ in range(epochs):
        model.set_weights(fresh)
        reset_state(model)
        history = model.fit(x, y, batch_size=windows.shape[1], shuffle=False, verbose=0)
        losses += history.history["loss"]
    return losses


def predict_stateful(model, windows):
    reset_state(model)
    s, b = windows.shape[:2]
    rows = model.predict(np.concatenate(windows), batch_size=b, verbose=0)
    return rows.reshape(s, b, *rows.shape[1:])


def generate(model, start, length):
    reset_state(model)
    eye = np.eye(model.input_shape[-1], dtype="float32")
    letters = list(start)
    for k in range(len(start) + length - 1):
        p = model(eye[letters[k]][None, None], training=False)
        if k + 1 >= len(start):
            letters.append(int(np.argmax(p)))
    return letters[-length:]
