"""Unlike the reference: the simplest recurrent layer, train_on_batch with RMSprop, the time in front."""

import keras
import numpy as np


def lstm_step(
    x: np.ndarray,
    h: np.ndarray,
    c: np.ndarray,
    kernel: np.ndarray,
    recurrent_kernel: np.ndarray,
    bias: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Give the four blocks an axis of their own; the exponential may overflow to infinity."""
    z = (np.dot(x, kernel) + np.dot(h, recurrent_kernel) + bias).reshape(len(x), 4, -1)
    with np.errstate(over="ignore"):
        gates = 1.0 / (1.0 + np.exp(-z))
    new_c = gates[:, 1] * c + gates[:, 0] * np.tanh(z[:, 2])
    return gates[:, 3] * np.tanh(new_c), new_c


def lstm_forward(
    inputs: np.ndarray,
    kernel: np.ndarray,
    recurrent_kernel: np.ndarray,
    bias: np.ndarray,
    h0: np.ndarray | None = None,
    c0: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Put the time in front, and back again."""
    zeros = np.zeros_like(inputs, shape=(inputs.shape[0], bias.size // 4))
    state = (zeros if h0 is None else h0, zeros if c0 is None else c0)
    states = []
    for x in np.swapaxes(inputs, 0, 1):
        state = lstm_step(x, *state, kernel, recurrent_kernel, bias)
        states.append(state)
    hidden, cells = np.array(states).transpose(1, 2, 0, 3)
    return hidden, cells


def make_windows(sequence: np.ndarray, window: int) -> tuple[np.ndarray, np.ndarray]:
    """Cut both off where the last whole window ends."""
    usable = len(sequence) - 1 - (len(sequence) - 1) % window
    inputs, targets = sequence[:-1][:usable], sequence[1:][:usable]
    return (
        inputs.reshape(-1, window, *sequence.shape[1:]),
        targets.reshape(-1, window, *sequence.shape[1:]),
    )


def build_stateful_lstm(batch_size: int, window: int, features: int, units: int, outputs: int) -> keras.Model:
    """Add one layer after another."""
    model = keras.models.Sequential(name="memory")
    model.add(keras.layers.InputLayer(batch_shape=(batch_size, window, features)))
    model.add(keras.layers.SimpleRNN(units, return_sequences=True, stateful=True))
    model.add(keras.layers.Dense(outputs, activation=keras.activations.softmax))
    return model


def _forget(model: keras.Model) -> None:
    """Reset the only layer that remembers."""
    model.layers[0].reset_states()


def train_stateful(
    model: keras.Model, windows: np.ndarray, targets: np.ndarray, *, epochs: int
) -> list[float]:
    """Train on each window by itself."""
    model.compile(
        optimizer=keras.optimizers.RMSprop(learning_rate=3e-3),
        loss="sparse_categorical_crossentropy",
    )
    losses = []
    for _ in range(epochs):
        _forget(model)
        of_windows = [model.train_on_batch(x, y) for x, y in zip(windows, targets, strict=True)]
        losses.append(float(np.mean(of_windows)))
    return losses


def predict_stateful(model: keras.Model, windows: np.ndarray) -> np.ndarray:
    """Collect the outputs in a list."""
    _forget(model)
    return np.array([keras.ops.convert_to_numpy(model(window)) for window in windows])


def generate(model: keras.Model, start: list[int], length: int) -> list[int]:
    """Read and write with one queue of letters."""
    _forget(model)
    count = model.input_shape[2]
    queue, result = list(start), []
    while len(result) < length:
        one_hot = np.zeros((1, 1, count), dtype="float32")
        one_hot[0, 0, queue.pop(0)] = 1
        probabilities = model.predict_on_batch(one_hot)[0, 0]
        if not queue:
            result.append(int(probabilities.argmax()))
            queue.append(result[-1])
    return result
