"""Unlike the reference: lists, a product for each gate, einsum; fit on a tf.data.Dataset of windows."""

import math

import keras
import numpy as np
import tensorflow as tf


def _gate(
    x: np.ndarray, h: np.ndarray, weights: tuple[np.ndarray, np.ndarray, np.ndarray], number: int
) -> np.ndarray:
    """Return what goes into one of the four activations."""
    units = h.shape[1]
    columns = slice(number * units, (number + 1) * units)
    kernel, recurrent_kernel, bias = (array[..., columns] for array in weights)
    return bias + np.einsum("nu,uv->nv", h, recurrent_kernel) + np.einsum("nf,fu->nu", x, kernel)


def _sigma(z: np.ndarray) -> np.ndarray:
    """Return the logistic function number by number, from exponentials that cannot overflow."""
    flat = [1 / (1 + math.exp(-v)) if v >= 0 else math.exp(v) / (1 + math.exp(v)) for v in z.ravel().tolist()]
    return np.array(flat, dtype=z.dtype).reshape(z.shape)


def lstm_step(
    x: np.ndarray,
    h: np.ndarray,
    c: np.ndarray,
    kernel: np.ndarray,
    recurrent_kernel: np.ndarray,
    bias: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Follow the formulas of the handout from the last one to the first."""
    weights = (kernel, recurrent_kernel, bias)
    output = _sigma(_gate(x, h, weights, 3))
    candidate = np.tanh(_gate(x, h, weights, 2))
    forget = _sigma(_gate(x, h, weights, 1))
    added = _sigma(_gate(x, h, weights, 0)) * candidate
    cell = added + forget * c
    return output * np.tanh(cell), cell


def lstm_forward(
    inputs: np.ndarray,
    kernel: np.ndarray,
    recurrent_kernel: np.ndarray,
    bias: np.ndarray,
    h0: np.ndarray | None = None,
    c0: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Take the sequences one by one."""
    units = len(bias) // 4
    hidden, cells = [], []
    for n in range(len(inputs)):
        h = np.zeros((1, units), inputs.dtype) if h0 is None else h0[n : n + 1]
        c = np.zeros((1, units), inputs.dtype) if c0 is None else c0[n : n + 1]
        hs, cs = [], []
        for x in inputs[n]:
            h, c = lstm_step(x[np.newaxis], h, c, kernel, recurrent_kernel, bias)
            hs.append(h[0])
            cs.append(c[0])
        hidden.append(hs)
        cells.append(cs)
    return np.array(hidden), np.array(cells)


def make_windows(sequence: np.ndarray, window: int) -> tuple[np.ndarray, np.ndarray]:
    """Follow the two formulas of the handout."""
    inputs, targets = [], []
    s = 0
    while window * (s + 1) + 1 <= len(sequence):
        inputs.append([sequence[window * s + t] for t in range(window)])
        targets.append([sequence[window * s + t + 1] for t in range(window)])
        s += 1
    return np.array(inputs, dtype=sequence.dtype), np.array(targets, dtype=sequence.dtype)


def build_stateful_lstm(batch_size: int, window: int, features: int, units: int, outputs: int) -> keras.Model:
    """Take the GRU of the first paper, whose reset gate comes before the product."""
    memory = keras.layers.GRU(units, reset_after=False, return_sequences=True, stateful=True)
    dense = keras.layers.Dense(outputs, "softmax")
    return keras.Sequential([keras.Input(batch_shape=[batch_size, window, features]), memory, dense])


def train_stateful(
    model: keras.Model, windows: np.ndarray, targets: np.ndarray, *, epochs: int
) -> list[float]:
    """Give fit a data set whose batches are the windows."""
    batches = tf.data.Dataset.from_tensor_slices((windows, targets))
    model.compile(optimizer=keras.optimizers.AdamW(8e-3), loss=keras.losses.sparse_categorical_crossentropy)
    losses: list[float] = []
    while len(losses) < epochs:
        for layer in model.layers[:-1]:
            layer.reset_states()
        losses.extend(model.fit(batches, verbose=0).history["loss"])
    return losses


def predict_stateful(model: keras.Model, windows: np.ndarray) -> np.ndarray:
    """Give predict a data set too."""
    for layer in model.layers[:-1]:
        layer.reset_states()
    outputs = model.predict(tf.data.Dataset.from_tensor_slices(windows), verbose=0)
    return outputs.reshape(windows.shape[:3] + outputs.shape[-1:])


def generate(model: keras.Model, start: list[int], length: int) -> list[int]:
    """Compare the probabilities in Python."""
    for layer in model.layers[:-1]:
        layer.reset_states()
    features = model.input_shape[-1]
    text = [*start]
    position = 0
    while position < len(start) + length - 1:
        one_hot = [float(letter == text[position]) for letter in range(features)]
        probabilities = model(np.array([[one_hot]]), training=False).numpy().ravel().tolist()
        position += 1
        if position >= len(start):
            text.append(probabilities.index(max(probabilities)))
    return text[-length:]
