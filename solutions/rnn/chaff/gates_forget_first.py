"""Wrong: `lstm_step` takes the blocks in the order f, i, g, o, with the forget gate first.

Fails: lstm_step_example, lstm_forward_example, lstm_step_values
"""

import keras
import numpy as np
from keras import layers


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def reset_state(model):
    for layer in model.layers:
        if isinstance(layer, keras.layers.RNN):
            layer.reset_states()


def lstm_step(x, h, c, kernel, recurrent_kernel, bias):
    z = x @ kernel + h @ recurrent_kernel + bias
    u = z.shape[1] // 4
    f = sigmoid(z[:, :u])
    i = sigmoid(z[:, u : 2 * u])
    g = np.tanh(z[:, 2 * u : 3 * u])
    o = sigmoid(z[:, 3 * u :])
    c = f * c + i * g
    return o * np.tanh(c), c


def lstm_forward(inputs, kernel, recurrent_kernel, bias, h0=None, c0=None):
    zeros = np.zeros((len(inputs), len(recurrent_kernel)), dtype=inputs.dtype)
    h = zeros if h0 is None else h0
    c = zeros if c0 is None else c0
    hs, cs = [], []
    for t in range(inputs.shape[1]):
        h, c = lstm_step(inputs[:, t], h, c, kernel, recurrent_kernel, bias)
        hs.append(h)
        cs.append(c)
    return np.stack(hs, axis=1), np.stack(cs, axis=1)


def make_windows(sequence, window):
    now, then = sequence[:-1], sequence[1:]
    used = len(now) - len(now) % window
    inputs = np.split(now[:used], used // window)
    targets = np.split(then[:used], used // window)
    return np.stack(inputs), np.stack(targets)


def build_stateful_lstm(batch_size, window, features, units, outputs):
    model = keras.Sequential(name="memory")
    model.add(layers.InputLayer(batch_shape=(batch_size, window, features)))
    model.add(layers.LSTM(units, stateful=True, return_sequences=True))
    model.add(layers.Dense(outputs))
    model.add(layers.Softmax())
    return model


class ResetState(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        reset_state(self.model)


def train_stateful(model, windows, targets, *, epochs):
    model.compile(keras.optimizers.Nadam(0.01), loss="sparse_categorical_crossentropy")
    options = {"batch_size": windows.shape[1], "epochs": epochs, "shuffle": False, "verbose": 0}
    x, y = np.concatenate(windows, axis=0), np.concatenate(targets, axis=0)
    return model.fit(x, y, callbacks=[ResetState()], **options).history["loss"]


def predict_stateful(model, windows):
    reset_state(model)
    return np.stack([model(window, training=False) for window in windows])


def generate(model, start, length):
    n = model.input_shape[2]
    probs = predict_stateful(model, np.eye(n, dtype="float32")[start].reshape(-1, 1, 1, n))[-1]
    text = []
    for _ in range(length):
        letter = probs.argmax().item()
        text.append(letter)
        probs = model(np.eye(n, dtype="float32")[letter].reshape(1, 1, n), training=False).numpy()
    return text
