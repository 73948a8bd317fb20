"""Wrong: there is no recurrent layer, only dense ones.

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
    u = h.shape[1]
    z = x @ kernel + h @ recurrent_kernel + bias
    i, f = sigmoid(z[:, :u]), sigmoid(z[:, u : 2 * u])
    g, o = np.tanh(z[:, 2 * u : 3 * u]), sigmoid(z[:, 3 * u :])
    new_c = f * c + i * g
    new_h = o * np.tanh(new_c)
    return new_h, new_c


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
    shape = (n, window) + sequence.shape[1:]
    return sequence[: n * window].reshape(shape), sequence[1 : n * window + 1].reshape(shape)


def build_stateful_lstm(batch_size, window, features, units, outputs):
    inputs = keras.Input(batch_shape=(batch_size, window, features))
    x = keras.layers.Dense(units, activation="tanh")(inputs)
    x = keras.layers.Dense(outputs, activation="softmax")(x)
    return keras.Model(inputs, x)


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
    outputs = []
    for window in windows:
        outputs.append(model.predict_on_batch(window))
    return np.array(outputs)


def generate(model, start, length):
    reset_state(model)
    one_hot = np.eye(model.input_shape[2], dtype=np.float32)
    queue, found = list(start), []
    while len(found) < length:
        letter = queue.pop(0)
        p = model(one_hot[letter][np.newaxis, np.newaxis, :], training=False).numpy()
        if not queue:
            found.append(int(p.argmax()))
            queue.append(found[-1])
    return found
