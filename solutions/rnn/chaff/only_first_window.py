"""Wrong: `train_stateful` trains on the first window only.

Fails: training_learns_the_zigzag, training_keeps_the_order, training_learns_the_flip_flop
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
    z = x @ kernel + h @ recurrent_kernel + bias
    z = z.reshape(len(x), 4, -1)
    gates = sigmoid(z)
    c = gates[:, 1] * c + gates[:, 0] * np.tanh(z[:, 2])
    h = gates[:, 3] * np.tanh(c)
    return h, c

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
    count = (sequence.shape[0] - 1) // window
    used = count * window
    return np.stack(np.split(sequence[:used], count)), np.stack(np.split(sequence[1 : used + 1], count))

def build_stateful_lstm(batch_size, window, features, units, outputs):
    return keras.Sequential(
        [
            keras.Input(batch_shape=(batch_size, window, features)),
            layers.LSTM(units, return_sequences=True, stateful=True),
            layers.Dense(outputs, activation="softmax"),
        ]
    )

def train_stateful(model, windows, targets, *, epochs):
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy")
    losses = []
    for _ in range(epochs):
        reset_state(model)
        loss = model.train_on_batch(windows[0], targets[0])
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
    one_hot = np.eye(model.input_shape[2], dtype=np.float32)
    queue, found = list(start), []
    while len(found) < length:
        letter = queue.pop(0)
        p = model(one_hot[letter][np.newaxis, np.newaxis, :], training=False).numpy()
        if not queue:
            found.append(int(p.argmax()))
            queue.append(found[-1])
    return found
