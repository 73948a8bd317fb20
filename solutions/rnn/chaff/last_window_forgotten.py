"""Wrong: `train_stateful` leaves out the last window.

Fails: training_keeps_the_order
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
    index = np.arange(n * window).reshape(n, window)
    return sequence[index], sequence[index + 1]

def build_stateful_lstm(batch_size, window, features, units, outputs):
    x = inputs = layers.Input(batch_shape=(batch_size, window, features))
    x = layers.LSTM(units, stateful=True, return_sequences=True, name="memory")(x)
    x = layers.Dense(outputs)(x)
    x = layers.Softmax()(x)
    return keras.Model(inputs=inputs, outputs=x)

def train_stateful(model, windows, targets, *, epochs):
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy")
    losses = []
    for _ in range(epochs):
        reset_state(model)
        total = 0
        for s in range(len(windows) - 1):
            total += model.train_on_batch(windows[s], targets[s])
        losses.append(total / (len(windows) - 1))
    return losses

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
