"""Wrong: `lstm_step` makes the new cell state of the candidate alone: i * g, without f * c.

Fails: lstm_step_example, lstm_forward_example, lstm_step_values
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
    U = recurrent_kernel.shape[0]
    z = x @ kernel + h @ recurrent_kernel + bias
    i = sigmoid(z[:, 0:U])
    f = sigmoid(z[:, U : 2 * U])
    g = np.tanh(z[:, 2 * U : 3 * U])
    o = sigmoid(z[:, 3 * U : 4 * U])
    c = i * g
    h = o * np.tanh(c)
    return h, c


def lstm_forward(inputs, kernel, recurrent_kernel, bias, h0=None, c0=None):
    shape = (inputs.shape[0], recurrent_kernel.shape[0])
    state = [np.zeros(shape, inputs.dtype) if s is None else s for s in (h0, c0)]
    hidden, cells = [], []
    for x in inputs.swapaxes(0, 1):
        state = lstm_step(x, *state, kernel, recurrent_kernel, bias)
        hidden.append(state[0])
        cells.append(state[1])
    return np.array(hidden).swapaxes(0, 1), np.array(cells).swapaxes(0, 1)


def make_windows(sequence, window):
    count = (len(sequence) - 1) // window
    index = np.arange(count * window).reshape(count, window)
    return sequence[index], sequence[index + 1]


def build_stateful_lstm(batch_size, window, features, units, outputs):
    x = inputs = keras.Input(batch_shape=(batch_size, window, features), dtype="float32")
    x = keras.layers.GRU(units, return_sequences=True, stateful=True, name="gru")(x)
    x = keras.layers.Dense(outputs, "softmax", name="letters")(x)
    return keras.Model(inputs=inputs, outputs=x)


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
    one_hot = np.eye(model.input_shape[-1], dtype="float32")
    reset_state(model)
    letters = list(start)
    for k in range(len(start) + length - 1):
        p = model(one_hot[letters[k]].reshape(1, 1, -1), training=False)
        if k >= len(start) - 1:
            letters.append(int(np.argmax(p)))
    return letters[len(start) :]
