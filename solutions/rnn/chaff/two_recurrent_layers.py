"""Wrong: there are two recurrent layers, one on the other, with a dense layer between.

Fails: network_shape
"""

import keras
import numpy as np
import tensorflow as tf


def sigmoid(z: np.ndarray) -> np.ndarray:
    """Return σ(z) = (1 + tanh(z / 2)) / 2."""
    return (1 + np.tanh(z / 2)) / 2


def lstm_step(
    x: np.ndarray,
    h: np.ndarray,
    c: np.ndarray,
    kernel: np.ndarray,
    recurrent_kernel: np.ndarray,
    bias: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Split the weights, not the result."""
    gates = []
    for k, r, b in zip(np.hsplit(kernel, 4), np.hsplit(recurrent_kernel, 4), np.split(bias, 4), strict=True):
        gates.append(x @ k + h @ r + b)
    cell = c * sigmoid(gates[1])
    cell += sigmoid(gates[0]) * np.tanh(gates[2])
    return np.tanh(cell) * sigmoid(gates[3]), cell


def lstm_forward(
    inputs: np.ndarray,
    kernel: np.ndarray,
    recurrent_kernel: np.ndarray,
    bias: np.ndarray,
    h0: np.ndarray | None = None,
    c0: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Write into arrays with the time in front, and return views of them."""
    shape = (inputs.shape[1], inputs.shape[0], recurrent_kernel.shape[0])
    hidden, cells = np.empty(shape, inputs.dtype), np.empty(shape, inputs.dtype)
    h = np.zeros(shape[1:], inputs.dtype) if h0 is None else h0
    c = np.zeros(shape[1:], inputs.dtype) if c0 is None else c0
    for t, x in enumerate(np.moveaxis(inputs, 1, 0)):
        hidden[t], cells[t] = h, c = lstm_step(x, h, c, kernel, recurrent_kernel, bias)
    return hidden.transpose(1, 0, 2), cells.transpose(1, 0, 2)


def make_windows(sequence: np.ndarray, window: int) -> tuple[np.ndarray, np.ndarray]:
    """Resize copies of the two halves, which drops the end."""
    windows, _ = divmod(len(sequence) - 1, window)
    inputs = np.resize(sequence[:-1], (windows, window, *sequence.shape[1:]))
    targets = np.resize(sequence[1:], (windows, window, *sequence.shape[1:]))
    return inputs, targets


def build_stateful_lstm(batch_size: int, window: int, features: int, units: int, outputs: int) -> keras.Model:
    """Put a GRU on an LSTM; both keep their states."""
    inputs = keras.Input(batch_shape=(batch_size, window, features))
    x = keras.layers.LSTM(units, return_sequences=True, stateful=True)(inputs)
    x = keras.layers.Dense(2 * units, activation="tanh")(x)
    x = keras.layers.GRU(units, return_sequences=True, stateful=True)(x)
    return keras.Model(inputs, keras.layers.Dense(outputs, activation="softmax")(x))


def _reset(model: keras.Model) -> None:
    """Reset both recurrent layers."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.LSTM | keras.layers.GRU):
            layer.reset_states()


def train_stateful(
    model: keras.Model, windows: np.ndarray, targets: np.ndarray, *, epochs: int
) -> list[float]:
    """Compile one step, and take the mean of what it returns."""
    optimizer = keras.optimizers.Adam(5e-3)
    optimizer.build(model.trainable_variables)
    loss_of = keras.losses.SparseCategoricalCrossentropy()

    @tf.function(reduce_retracing=True)
    def step(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = loss_of(y, model(x, training=True))
        optimizer.apply(tape.gradient(loss, model.trainable_variables))
        return loss

    mean = keras.metrics.Mean()
    losses = []
    for _ in range(epochs):
        _reset(model)
        mean.reset_state()
        for x, y in tf.data.Dataset.from_tensor_slices((windows, targets)):
            mean.update_state(step(x, y))
        losses.append(float(mean.result()))
    return losses


def predict_stateful(model: keras.Model, windows: np.ndarray) -> np.ndarray:
    """Stack tensors."""
    _reset(model)
    return tf.stack([model(window) for window in tf.unstack(windows)]).numpy()


def generate(model: keras.Model, start: list[int], length: int) -> list[int]:
    """Read all of the start but its last letter first."""
    _reset(model)
    depth = model.output_shape[-1]
    for letter in start[:-1]:
        model(tf.one_hot([[letter]], depth))
    result = [start[-1]]
    for _ in range(length):
        probabilities = model(tf.one_hot([result[-1:]], depth))
        result.append(int(np.argmax(probabilities, axis=-1).item()))
    return result[1:]
