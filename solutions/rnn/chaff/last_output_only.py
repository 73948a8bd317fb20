"""Wrong: without return_sequences the network gives one answer for each window.

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
    z_i, z_f, z_g, z_o = np.split(x.dot(kernel) + h.dot(recurrent_kernel) + bias, 4, axis=1)
    c = sigmoid(z_f) * c + sigmoid(z_i) * np.tanh(z_g)
    return sigmoid(z_o) * np.tanh(c), c


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
    shape = (n, window) + sequence.shape[1:]
    return sequence[: n * window].reshape(shape), sequence[1 : n * window + 1].reshape(shape)


def build_stateful_lstm(batch_size, window, features, units, outputs):
    model = keras.models.Sequential()
    model.add(keras.layers.InputLayer(batch_shape=(batch_size, window, features)))
    model.add(keras.layers.LSTM(units, stateful=True))
    model.add(keras.layers.Dense(outputs, activation="softmax"))
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
    result = np.zeros(windows.shape[:3] + model.output_shape[-1:], dtype="float32")
    reset_state(model)
    for s, window in enumerate(windows):
        result[s] = model(window, training=False).numpy()
    return result


def generate(model, start, length):
    reset_state(model)
    eye = np.eye(model.input_shape[-1], dtype="float32")
    letters = list(start)
    for k in range(len(start) + length - 1):
        p = model(eye[letters[k]][None, None], training=False)
        if k + 1 >= len(start):
            letters.append(int(np.argmax(p)))
    return letters[-length:]
