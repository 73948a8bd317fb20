"""Wrong: `lstm_step` computes the hidden state from the old cell state, before that is updated.

Fails: lstm_step_example, lstm_forward_example, lstm_step_values
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
    z_i, z_f, z_g, z_o = np.split(z, 4, axis=-1)
    h = sigmoid(z_o) * np.tanh(c)
    c = sigmoid(z_f) * c + sigmoid(z_i) * np.tanh(z_g)
    return h, c


def lstm_forward(inputs, kernel, recurrent_kernel, bias, h0=None, c0=None):
    n, steps = inputs.shape[:2]
    h, c = h0, c0
    if h is None:
        h = np.zeros((n, bias.size // 4)).astype(inputs.dtype)
    if c is None:
        c = np.zeros((n, bias.size // 4)).astype(inputs.dtype)
    states = []
    for t in range(steps):
        h, c = lstm_step(inputs[:, t], h, c, kernel, recurrent_kernel, bias)
        states.append((h, c))
    all_h, all_c = zip(*states)
    return np.stack(all_h, 1), np.stack(all_c, 1)


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
    model = keras.Sequential()
    model.add(keras.Input(shape=(window, features), batch_size=batch_size))
    model.add(layers.LSTM(units, return_sequences=True, stateful=True))
    model.add(layers.TimeDistributed(layers.Dense(outputs, activation="softmax")))
    return model


def train_stateful(model, windows, targets, *, epochs):
    data = tf.data.Dataset.from_tensor_slices((windows, targets))
    model.compile(keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy")
    losses = []
    for _ in range(epochs):
        reset_state(model)
        losses += model.fit(data, verbose=0).history["loss"]
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
