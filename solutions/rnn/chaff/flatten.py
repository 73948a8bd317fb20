"""Wrong: the outputs of all time steps are flattened and mixed by one dense layer.

Fails: network_shape
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
    both = np.concatenate([x, h], axis=1)
    weights = np.concatenate([kernel, recurrent_kernel], axis=0)
    i, f, g, o = np.hsplit(both @ weights + bias, 4)
    c_next = np.multiply(sigmoid(f), c) + np.multiply(sigmoid(i), np.tanh(g))
    h_next = np.multiply(sigmoid(o), np.tanh(c_next))
    return h_next, c_next


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
    n = (len(sequence) - 1) // window
    shape = (n, window) + sequence.shape[1:]
    return sequence[: n * window].reshape(shape), sequence[1 : n * window + 1].reshape(shape)


def build_stateful_lstm(batch_size, window, features, units, outputs):
    model = keras.Sequential()
    model.add(keras.Input(batch_shape=(batch_size, window, features)))
    model.add(keras.layers.LSTM(units, stateful=True, return_sequences=True))
    model.add(keras.layers.Flatten())
    model.add(keras.layers.Dense(window * outputs))
    model.add(keras.layers.Reshape((window, outputs)))
    model.add(keras.layers.Softmax())
    return model


class ResetState(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        reset_state(self.model)


def train_stateful(model, windows, targets, *, epochs):
    s, b, t, f = windows.shape
    model.compile(loss="sparse_categorical_crossentropy", optimizer=keras.optimizers.Adam(learning_rate=0.01))
    history = model.fit(
        windows.reshape(s * b, t, f),
        targets.reshape(s * b, t),
        batch_size=b,
        epochs=epochs,
        shuffle=False,
        callbacks=[ResetState()],
        verbose=0,
    )
    return history.history["loss"]


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
