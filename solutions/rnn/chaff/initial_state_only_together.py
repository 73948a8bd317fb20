"""Wrong: `lstm_forward` uses the initial states only when both are given.

Fails: lstm_forward_initial_state
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
    xh = np.hstack([x, h])
    weights = np.vstack([kernel, recurrent_kernel])
    z_i, z_f, z_g, z_o = np.hsplit(xh @ weights + bias, 4)
    new_c = sigmoid(z_f) * c + sigmoid(z_i) * np.tanh(z_g)
    new_h = sigmoid(z_o) * np.tanh(new_c)
    return new_h, new_c


def lstm_forward(inputs, kernel, recurrent_kernel, bias, h0=None, c0=None):
    if h0 is None or c0 is None:
        h0 = np.zeros((inputs.shape[0], recurrent_kernel.shape[0]), dtype=inputs.dtype)
        c0 = h0.copy()
    h, c = h0, c0
    hs, cs = [], []
    for x in np.moveaxis(inputs, 1, 0):
        h, c = lstm_step(x, h, c, kernel, recurrent_kernel, bias)
        hs.append(h)
        cs.append(c)
    return np.stack(hs, axis=1), np.stack(cs, axis=1)


def make_windows(sequence, window):
    count = (len(sequence) - 1) // window
    end = count * window
    shape = (count, window) + sequence.shape[1:]
    return sequence[:end].reshape(shape), sequence[1 : end + 1].reshape(shape)


def build_stateful_lstm(batch_size, window, features, units, outputs):
    x = inputs = keras.Input(batch_shape=(batch_size, window, features), dtype="float32")
    x = keras.layers.GRU(units, return_sequences=True, stateful=True, name="gru")(x)
    x = keras.layers.Dense(outputs, "softmax", name="letters")(x)
    return keras.Model(inputs=inputs, outputs=x)


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
    s, b, t, f = windows.shape
    reset_state(model)
    flat = model.predict(windows.reshape(s * b, t, f), batch_size=b, verbose=0)
    return flat.reshape(s, b, t, -1)


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
