"""Wrong: `make_windows` gives each window one target, the element after its last.

Fails: windows_example, windows_shift
"""

import keras
import numpy as np
import tensorflow as tf
from keras import layers


def sigmoid(z):
    return (1 + np.tanh(z / 2)) / 2


def reset_state(model):
    for layer in model.layers:
        if isinstance(layer, keras.layers.RNN):
            layer.reset_states()


def lstm_step(x, h, c, kernel, recurrent_kernel, bias):
    z = x @ kernel + h @ recurrent_kernel + bias
    z = z.reshape(len(h), 4, -1)
    i, f, o = sigmoid(z[:, 0]), sigmoid(z[:, 1]), sigmoid(z[:, 3])
    candidate = np.tanh(z[:, 2])
    c = f * c + i * candidate
    return o * np.tanh(c), c


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
    starts = range(0, len(sequence) - window, window)
    inputs = np.stack([sequence[s : s + window] for s in starts])
    targets = np.stack([sequence[s + window] for s in starts])
    return inputs, targets


def build_stateful_lstm(batch_size, window, features, units, outputs):
    model = keras.Sequential()
    model.add(keras.Input(shape=(window, features), batch_size=batch_size))
    model.add(layers.LSTM(units, return_sequences=True, stateful=True))
    model.add(layers.TimeDistributed(layers.Dense(outputs, activation="softmax")))
    return model


def train_stateful(model, windows, targets, *, epochs):
    optimizer = keras.optimizers.Adam(0.01)
    loss_fn = keras.losses.SparseCategoricalCrossentropy()

    @tf.function
    def step(x, y):
        with tf.GradientTape() as tape:
            loss = loss_fn(y, model(x, training=True))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
        return loss

    losses = []
    for _ in range(epochs):
        reset_state(model)
        losses.append(float(np.mean([step(x, y).numpy() for x, y in zip(windows, targets)])))
    return losses


def predict_stateful(model, windows):
    reset_state(model)
    result = []
    for window in windows:
        result.append(model(window, training=False).numpy())
    return np.array(result)


def generate(model, start, length):
    reset_state(model)
    todo, new = list(start), []
    while True:
        vector = keras.ops.one_hot([[todo.pop(0)]], model.input_shape[-1])
        best = int(np.argmax(model(vector, training=False)[0, 0]))
        if todo:
            continue
        new.append(best)
        if len(new) == length:
            return new
        todo.append(best)
