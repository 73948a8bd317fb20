"""Wrong: `make_windows` drops the last window where the sequence ends with its last target.

In the public example one element is left over, so nothing shows there.

Fails: windows_shift
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
    W = np.split(kernel, 4, axis=1)
    U = np.split(recurrent_kernel, 4, axis=1)
    b = np.split(bias, 4)
    i = sigmoid(x @ W[0] + h @ U[0] + b[0])
    f = sigmoid(x @ W[1] + h @ U[1] + b[1])
    g = np.tanh(x @ W[2] + h @ U[2] + b[2])
    o = sigmoid(x @ W[3] + h @ U[3] + b[3])
    c = f * c + i * g
    h = o * np.tanh(c)
    return h, c


def lstm_forward(inputs, kernel, recurrent_kernel, bias, h0=None, c0=None):
    zeros = np.zeros((len(inputs), len(recurrent_kernel)), dtype=inputs.dtype)
    h = zeros if h0 is None else h0
    c = zeros if c0 is None else c0
    hs, cs = [], []
    for t in range(inputs.shape[1]):
        h, c = lstm_step(inputs[:, t], h, c, kernel, recurrent_kernel, bias)
        hs.append(h)
        cs.append(c)
    return np.stack(hs, axis=1), np.stack(cs, axis=1)


def make_windows(sequence, window):
    inputs, targets = [], []
    for start in range(0, len(sequence) - window - 1, window):
        inputs.append(sequence[start : start + window])
        targets.append(sequence[start + 1 : start + window + 1])
    return np.array(inputs), np.array(targets)


def build_stateful_lstm(batch_size, window, features, units, outputs):
    model = keras.Sequential(name="memory")
    model.add(layers.InputLayer(batch_shape=(batch_size, window, features)))
    model.add(layers.LSTM(units, stateful=True, return_sequences=True))
    model.add(layers.Dense(outputs))
    model.add(layers.Softmax())
    return model


def train_stateful(model, windows, targets, *, epochs):
    S, B, T, F = windows.shape
    start = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: reset_state(model))
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy(), optimizer=keras.optimizers.Adam(0.01))
    x, y = windows.reshape(S * B, T, F), targets.reshape(S * B, T)
    history = model.fit(x, y, B, epochs, shuffle=False, callbacks=[start], verbose=0)
    return history.history["loss"]


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
