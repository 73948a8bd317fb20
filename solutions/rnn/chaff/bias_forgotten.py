"""Wrong: `lstm_step` never adds the bias.

Fails: lstm_step_example, lstm_forward_example, lstm_step_values
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
    W_i, W_f, W_g, W_o = np.split(kernel, 4, axis=1)
    U_i, U_f, U_g, U_o = np.split(recurrent_kernel, 4, axis=1)
    i = sigmoid(x @ W_i + h @ U_i)
    f = sigmoid(x @ W_f + h @ U_f)
    g = np.tanh(x @ W_g + h @ U_g)
    o = sigmoid(x @ W_o + h @ U_o)
    c = f * c + i * g
    return o * np.tanh(c), c


def lstm_forward(inputs, kernel, recurrent_kernel, bias, h0=None, c0=None):
    N, T, _ = inputs.shape
    U = recurrent_kernel.shape[0]
    if h0 is None:
        h0 = np.zeros((N, U), dtype=inputs.dtype)
    if c0 is None:
        c0 = np.zeros((N, U), dtype=inputs.dtype)
    hidden = np.empty((N, T, U), dtype=inputs.dtype)
    cells = np.empty((N, T, U), dtype=inputs.dtype)
    h, c = h0, c0
    for t in range(T):
        h, c = lstm_step(inputs[:, t, :], h, c, kernel, recurrent_kernel, bias)
        hidden[:, t, :] = h
        cells[:, t, :] = c
    return hidden, cells


def make_windows(sequence, window):
    count = (len(sequence) - 1) // window
    end = count * window
    shape = (count, window) + sequence.shape[1:]
    return sequence[:end].reshape(shape), sequence[1 : end + 1].reshape(shape)


def build_stateful_lstm(batch_size, window, features, units, outputs):
    model = keras.Sequential(name="memory")
    model.add(layers.InputLayer(batch_shape=(batch_size, window, features)))
    model.add(layers.LSTM(units, stateful=True, return_sequences=True))
    model.add(layers.Dense(outputs))
    model.add(layers.Softmax())
    return model


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
