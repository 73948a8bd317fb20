"""Unlike the reference: functional API with a GRU, all epochs in one fit, whose callback resets the state."""

from typing import Any

import keras
import numpy as np
from keras import layers


def sigmoid(z: np.ndarray) -> np.ndarray:
    """Return the logistic function, from the exponential of what is not positive."""
    small = np.exp(-np.abs(z))
    return np.where(z < 0, small, 1) / (1 + small)


def lstm_step(
    x: np.ndarray,
    h: np.ndarray,
    c: np.ndarray,
    kernel: np.ndarray,
    recurrent_kernel: np.ndarray,
    bias: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Multiply input and hidden state side by side, and slice the blocks."""
    units = h.shape[-1]
    z = np.hstack([x, h]) @ np.vstack([kernel, recurrent_kernel]) + bias
    gates = sigmoid(z)
    candidate = np.tanh(z[:, 2 * units : 3 * units])
    c_new = gates[:, units : 2 * units] * c + gates[:, :units] * candidate
    return gates[:, 3 * units :] * np.tanh(c_new), c_new


def lstm_forward(
    inputs: np.ndarray,
    kernel: np.ndarray,
    recurrent_kernel: np.ndarray,
    bias: np.ndarray,
    h0: np.ndarray | None = None,
    c0: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Fill one array, which has the initial states in front."""
    count, steps, _ = inputs.shape
    states = np.zeros((2, count, steps + 1, recurrent_kernel.shape[0]), dtype=inputs.dtype)
    if h0 is not None:
        states[0, :, 0] = h0
    if c0 is not None:
        states[1, :, 0] = c0
    for t in range(steps):
        h, c = states[:, :, t]
        states[:, :, t + 1] = lstm_step(inputs[:, t, :], h, c, kernel, recurrent_kernel, bias)
    return states[0, :, 1:], states[1, :, 1:]


def make_windows(sequence: np.ndarray, window: int) -> tuple[np.ndarray, np.ndarray]:
    """Take the elements by their indices."""
    starts = np.arange(0, len(sequence) - window, window)
    indices = starts[:, None] + np.arange(window)
    return sequence[indices], sequence[indices + 1]


def build_stateful_lstm(batch_size: int, window: int, features: int, units: int, outputs: int) -> keras.Model:
    """Chain the layers."""
    inputs = keras.Input(batch_shape=(batch_size, window, features), name="windows")
    memory = layers.GRU(units, stateful=True, return_sequences=True, name="memory")(inputs)
    return keras.Model(inputs, layers.Dense(outputs, activation="softmax", name="next")(memory))


class _Restart(keras.callbacks.Callback):
    """Forgets everything at the beginning of an epoch."""

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Reset the state."""
        del epoch, logs
        self.model.get_layer("memory").reset_states()


def train_stateful(
    model: keras.Model, windows: np.ndarray, targets: np.ndarray, *, epochs: int
) -> list[float]:
    """Fit once."""
    count, batch_size, steps, features = windows.shape
    model.compile(keras.optimizers.Adam(learning_rate=0.01), keras.losses.SparseCategoricalCrossentropy())
    history = model.fit(
        windows.reshape(count * batch_size, steps, features),
        targets.reshape(count * batch_size, steps),
        batch_size=batch_size,
        epochs=epochs,
        shuffle=False,
        callbacks=[_Restart()],
        verbose=0,
    )
    return history.history["loss"]


def predict_stateful(model: keras.Model, windows: np.ndarray) -> np.ndarray:
    """Fill the result window by window."""
    model.get_layer("memory").reset_states()
    result = np.empty((*windows.shape[:3], model.output_shape[-1]), dtype="float32")
    for number, window in enumerate(windows):
        result[number] = model.predict_on_batch(window)
    return result


def generate(model: keras.Model, start: list[int], length: int) -> list[int]:
    """Give the network what it said, as often as is needed."""
    vectors = keras.utils.to_categorical(range(model.output_shape[-1]))
    model.get_layer("memory").reset_states()
    for letter in start:
        said = model(vectors[letter][None, None, :], training=False)
    result = [int(keras.ops.argmax(said))]
    for _ in range(length - 1):
        said = model(vectors[result[-1]][None, None, :], training=False)
        result.append(int(keras.ops.argmax(said)))
    return result
