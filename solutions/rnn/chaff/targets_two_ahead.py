"""Wrong: the targets of `make_windows` are two elements ahead of their inputs.

Fails: windows_example, windows_shift
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
    xh = np.hstack([x, h])
    weights = np.vstack([kernel, recurrent_kernel])
    z_i, z_f, z_g, z_o = np.hsplit(xh @ weights + bias, 4)
    new_c = sigmoid(z_f) * c + sigmoid(z_i) * np.tanh(z_g)
    new_h = sigmoid(z_o) * np.tanh(new_c)
    return new_h, new_c


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
    rest = sequence[1:]
    count = (len(rest) - 1) // window
    shape = (count, window, *sequence.shape[1:])
    return sequence[: count * window].reshape(shape), rest[1 : count * window + 1].reshape(shape)


def build_stateful_lstm(batch_size, window, features, units, outputs):
    inputs = keras.Input(batch_shape=(batch_size, window, features))
    x = layers.LSTM(units, stateful=True, return_sequences=True)(inputs)
    probabilities = layers.Dense(outputs, activation="softmax")(x)
    return keras.Model(inputs, probabilities)


def train_stateful(model, windows, targets, *, epochs):
    model.compile(keras.optimizers.Adam(0.01), "categorical_crossentropy")
    labels = np.eye(model.output_shape[-1])[targets]
    losses = []
    for _ in range(epochs):
        reset_state(model)
        losses.append(np.mean([model.train_on_batch(windows[s], labels[s]) for s in range(len(windows))]))
    return losses


def predict_stateful(model, windows):
    reset_state(model)
    out = np.zeros((*windows.shape[:3], model.output_shape[-1]), dtype="float32")
    for s, window in enumerate(windows):
        out[s] = model(window, training=False)
    return out


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
