"""Wrong: the gates of `lstm_step` go through tanh in place of σ.

Fails: lstm_step_example, lstm_forward_example, lstm_step_values
"""

import keras
import numpy as np
from keras import layers


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def reset_state(model):
    for layer in model.layers:
        if isinstance(layer, keras.layers.RNN):
            layer.reset_states()


def lstm_step(x, h, c, kernel, recurrent_kernel, bias):
    gates = np.tanh(np.matmul(x, kernel) + np.matmul(h, recurrent_kernel) + bias)
    i, f, g, o = np.split(gates, 4, axis=-1)
    c = f * c + i * g
    h = o * np.tanh(c)
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
    now, then = sequence[:-1], sequence[1:]
    used = len(now) - len(now) % window
    inputs = np.split(now[:used], used // window)
    targets = np.split(then[:used], used // window)
    return np.stack(inputs), np.stack(targets)


def build_stateful_lstm(batch_size, window, features, units, outputs):
    model = keras.Sequential()
    model.add(keras.Input(shape=(window, features), batch_size=batch_size))
    model.add(layers.LSTM(units, return_sequences=True, stateful=True))
    model.add(layers.TimeDistributed(layers.Dense(outputs, activation="softmax")))
    return model


class ResetState(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        reset_state(self.model)


def train_stateful(model, windows, targets, *, epochs):
    model.compile(keras.optimizers.Nadam(0.01), loss="sparse_categorical_crossentropy")
    options = {"batch_size": windows.shape[1], "epochs": epochs, "shuffle": False, "verbose": 0}
    x, y = np.concatenate(windows, axis=0), np.concatenate(targets, axis=0)
    return model.fit(x, y, callbacks=[ResetState()], **options).history["loss"]


def predict_stateful(model, windows):
    reset_state(model)
    predictions = [model.predict(x, batch_size=len(x), verbose=0) for x in windows]
    return np.stack(predictions, axis=0)


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
