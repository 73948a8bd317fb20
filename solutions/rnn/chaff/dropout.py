"""Wrong: there is dropout between the two layers, so what the network gives in training is another thing.

Fails: network_shape
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
    starts = range(0, len(sequence) - window, window)
    inputs = np.array([sequence[s : s + window] for s in starts])
    targets = np.array([sequence[s + 1 : s + window + 1] for s in starts])
    return inputs, targets


def build_stateful_lstm(batch_size, window, features, units, outputs):
    model = keras.Sequential()
    model.add(keras.Input(batch_shape=(batch_size, window, features)))
    model.add(layers.LSTM(units, stateful=True, return_sequences=True))
    model.add(layers.Dropout(0.5))
    model.add(layers.Dense(outputs, activation="softmax"))
    return model


def train_stateful(model, windows, targets, *, epochs):
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy")
    x, y = np.concatenate(windows), np.concatenate(targets)
    losses = []
    for _ in range(epochs):
        reset_state(model)
        history = model.fit(x, y, batch_size=windows.shape[1], shuffle=False, verbose=0)
        losses.append(history.history["loss"][0])
    return losses


def predict_stateful(model, windows):
    reset_state(model)
    return np.stack([model(window, training=False) for window in windows])


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
