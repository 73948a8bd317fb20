"""Wrong: the softmax goes over the time steps, and not over the classes.

Fails: training_learns_the_zigzag, network_gives_probabilities, network_remembers,
training_learns_the_flip_flop
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
    zeros = np.zeros((inputs.shape[0], recurrent_kernel.shape[0]), dtype=inputs.dtype)
    h = zeros if h0 is None else h0
    c = zeros if c0 is None else c0
    hs, cs = [], []
    for t in range(inputs.shape[1]):
        h, c = lstm_step(inputs[:, t], h, c, kernel, recurrent_kernel, bias)
        hs.append(h)
        cs.append(c)
    return np.stack(hs, axis=1), np.stack(cs, axis=1)


def make_windows(sequence, window):
    count = (sequence.shape[0] - 1) // window
    used = count * window
    return np.stack(np.split(sequence[:used], count)), np.stack(np.split(sequence[1 : used + 1], count))


def build_stateful_lstm(batch_size, window, features, units, outputs):
    inputs = keras.Input(batch_shape=(batch_size, window, features))
    x = layers.LSTM(units, return_sequences=True, stateful=True)(inputs)
    x = layers.Dense(outputs)(x)
    return keras.Model(inputs, layers.Softmax(axis=1)(x))


class ResetState(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        reset_state(self.model)


def train_stateful(model, windows, targets, *, epochs):
    s, b, t, f = windows.shape
    model.compile(loss="sparse_categorical_crossentropy", optimizer=keras.optimizers.Adam(learning_rate=0.01))
    history = model.fit(
        windows.reshape(s * b, t, f),
        targets.reshape(s * b, t),
        batch_size=b,
        epochs=epochs,
        shuffle=False,
        callbacks=[ResetState()],
        verbose=0,
    )
    return history.history["loss"]


def predict_stateful(model, windows):
    reset_state(model)
    return np.stack([model(window, training=False) for window in windows])


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
