"""Wrong: `train_stateful` resets the state at the end of every epoch, so the first one starts from whatever was there.

Fails: training_resets_the_state
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
    u = h.shape[1]
    z = x @ kernel + h @ recurrent_kernel + bias
    i, f = sigmoid(z[:, :u]), sigmoid(z[:, u : 2 * u])
    g, o = np.tanh(z[:, 2 * u : 3 * u]), sigmoid(z[:, 3 * u :])
    new_c = f * c + i * g
    new_h = o * np.tanh(new_c)
    return new_h, new_c


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
    starts = range(0, len(sequence) - window, window)
    inputs = np.array([sequence[s : s + window] for s in starts])
    targets = np.array([sequence[s + 1 : s + window + 1] for s in starts])
    return inputs, targets


def build_stateful_lstm(batch_size, window, features, units, outputs):
    x = inputs = layers.Input(batch_shape=(batch_size, window, features))
    x = layers.LSTM(units, stateful=True, return_sequences=True, name="memory")(x)
    x = layers.Dense(outputs)(x)
    x = layers.Softmax()(x)
    return keras.Model(inputs=inputs, outputs=x)


def train_stateful(model, windows, targets, *, epochs):
    model.compile(optimizer=keras.optimizers.Adam(1e-2), loss="sparse_categorical_crossentropy")
    rows, classes = np.concatenate(windows), np.concatenate(targets)
    losses = []
    for epoch in range(epochs):
        h = model.fit(rows, classes, batch_size=windows.shape[1], shuffle=False, verbose=0)
        losses += h.history["loss"]
        reset_state(model)
    return losses


def predict_stateful(model, windows):
    result = np.zeros(windows.shape[:3] + model.output_shape[-1:], dtype="float32")
    reset_state(model)
    for s, window in enumerate(windows):
        result[s] = model(window, training=False).numpy()
    return result


def generate(model, start, length):
    reset_state(model)
    eye = np.eye(model.input_shape[-1], dtype="float32")
    letters = list(start)
    for k in range(len(start) + length - 1):
        p = model(eye[letters[k]][None, None], training=False)
        if k + 1 >= len(start):
            letters.append(int(np.argmax(p)))
    return letters[-length:]
