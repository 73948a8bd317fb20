"""Wrong: what `train_stateful` returns is the loss of the last window of every epoch.

The network is trained as it should be.

Fails: training_keeps_the_order
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
    units = c.shape[-1]

    def block(k):
        columns = slice(k * units, (k + 1) * units)
        return x @ kernel[:, columns] + h @ recurrent_kernel[:, columns] + bias[columns]

    input_gate = sigmoid(block(0))
    forget_gate = sigmoid(block(1))
    candidate = np.tanh(block(2))
    output_gate = sigmoid(block(3))
    c_new = forget_gate * c + input_gate * candidate
    return output_gate * np.tanh(c_new), c_new

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
    model.add(keras.layers.LSTM(units, stateful=True, return_sequences=True))
    model.add(keras.layers.Dense(outputs, activation="softmax"))
    return model

def train_stateful(model, windows, targets, *, epochs):
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy")
    losses = []
    for _ in range(epochs):
        reset_state(model)
        for x, y in zip(windows, targets):
            loss = model.train_on_batch(x, y)
        losses.append(float(loss))
    return losses

def predict_stateful(model, windows):
    result = np.zeros(windows.shape[:3] + model.output_shape[-1:], dtype="float32")
    reset_state(model)
    for s, window in enumerate(windows):
        result[s] = model(window, training=False).numpy()
    return result

def generate(model, start, length):
    reset_state(model)
    n = model.input_shape[-1]

    def step(letter):
        x = np.zeros((1, 1, n), dtype="float32")
        x[0, 0, letter] = 1
        return int(np.argmax(model(x, training=False)))

    for letter in start:
        following = step(letter)
    result = [following]
    while len(result) < length:
        result.append(step(result[-1]))
    return result
