"""Wrong: `lstm_forward` makes float32 of everything, also of inputs that are float64.

Fails: lstm_precision
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
    u = h.shape[-1]
    z = np.dot(x, kernel) + np.dot(h, recurrent_kernel) + bias
    i = sigmoid(z[:, :u])
    f = sigmoid(z[:, u : 2 * u])
    g = np.tanh(z[:, 2 * u : 3 * u])
    o = sigmoid(z[:, 3 * u :])
    c_new = f * c + i * g
    h_new = o * np.tanh(c_new)
    return h_new, c_new


def lstm_forward(inputs, kernel, recurrent_kernel, bias, h0=None, c0=None):
    inputs = inputs.astype("float32")
    kernel, recurrent_kernel, bias = (w.astype("float32") for w in (kernel, recurrent_kernel, bias))
    zeros = np.zeros((len(inputs), len(recurrent_kernel)), dtype="float32")
    h = zeros if h0 is None else h0.astype("float32")
    c = zeros if c0 is None else c0.astype("float32")
    hidden, cells = [], []
    for t in range(inputs.shape[1]):
        h, c = lstm_step(inputs[:, t], h, c, kernel, recurrent_kernel, bias)
        hidden.append(h)
        cells.append(c)
    return np.stack(hidden, axis=1), np.stack(cells, axis=1)


def make_windows(sequence, window):
    inputs, targets = [], []
    for start in range(0, len(sequence) - window, window):
        inputs.append(sequence[start : start + window])
        targets.append(sequence[start + 1 : start + 1 + window])
    return np.stack(inputs), np.stack(targets)


def build_stateful_lstm(batch_size, window, features, units, outputs):
    model = keras.Sequential()
    model.add(keras.Input(shape=(window, features), batch_size=batch_size))
    model.add(layers.LSTM(units, return_sequences=True, stateful=True))
    model.add(layers.TimeDistributed(layers.Dense(outputs, activation="softmax")))
    return model


def train_stateful(model, windows, targets, *, epochs):
    model.compile(keras.optimizers.Adam(learning_rate=0.01), "sparse_categorical_crossentropy")
    losses = []
    for _ in range(epochs):
        reset_state(model)
        total = 0
        for x, y in zip(windows, targets):
            total += model.train_on_batch(x, y)
        losses.append(float(total / len(windows)))
    return losses


def predict_stateful(model, windows):
    reset_state(model)
    return np.array([model.predict_on_batch(x) for x in windows])


def generate(model, start, length):
    features = model.input_shape[-1]
    reset_state(model)
    generated = []
    letter = start[0]
    for step in range(1, len(start) + length):
        x = keras.utils.to_categorical([letter], features)
        output = model(x[np.newaxis], training=False)
        if step < len(start):
            letter = start[step]
        else:
            letter = int(keras.ops.argmax(output[0, 0]))
            generated.append(letter)
    return generated
