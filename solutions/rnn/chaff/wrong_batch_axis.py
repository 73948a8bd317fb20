"""Wrong: `lstm_forward` takes inputs[t] for time step t, which is sequence t.

Fails: lstm_forward_example, lstm_forward_agrees_with_keras
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
    N, T, _ = inputs.shape
    U = recurrent_kernel.shape[0]
    h = np.zeros((N, U), dtype=inputs.dtype) if h0 is None else h0
    c = np.zeros((N, U), dtype=inputs.dtype) if c0 is None else c0
    hidden, cells = [], []
    for t in range(T):
        h, c = lstm_step(inputs[t], h, c, kernel, recurrent_kernel, bias)
        hidden.append(h)
        cells.append(c)
    return np.stack(hidden, axis=1), np.stack(cells, axis=1)


def make_windows(sequence, window):
    count = (len(sequence) - 1) // window
    inputs = np.zeros((count, window, *sequence.shape[1:]), dtype=sequence.dtype)
    targets = np.zeros_like(inputs)
    for s in range(count):
        for t in range(window):
            inputs[s, t] = sequence[window * s + t]
            targets[s, t] = sequence[window * s + t + 1]
    return inputs, targets


def build_stateful_lstm(batch_size, window, features, units, outputs):
    model = keras.Sequential(name="memory")
    model.add(layers.InputLayer(batch_shape=(batch_size, window, features)))
    model.add(layers.LSTM(units, stateful=True, return_sequences=True))
    model.add(layers.Dense(outputs))
    model.add(layers.Softmax())
    return model


def train_stateful(model, windows, targets, *, epochs):
    model.compile(optimizer=keras.optimizers.Adam(1e-2), loss="sparse_categorical_crossentropy")
    x, y = np.concatenate(windows), np.concatenate(targets)
    losses = []
    for epoch in range(epochs):
        reset_state(model)
        history = model.fit(x, y, batch_size=windows.shape[1], shuffle=False, verbose=0)
        losses.append(history.history["loss"][0])
    return losses


def predict_stateful(model, windows):
    reset_state(model)
    predictions = [model.predict(x, batch_size=len(x), verbose=0) for x in windows]
    return np.stack(predictions, axis=0)


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
