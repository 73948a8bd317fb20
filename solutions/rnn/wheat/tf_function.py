"""Unlike the reference: one tf.function for a whole epoch and one for all that is generated."""

import keras
import numpy as np
import tensorflow as tf


def lstm_step(
    x: np.ndarray,
    h: np.ndarray,
    c: np.ndarray,
    kernel: np.ndarray,
    recurrent_kernel: np.ndarray,
    bias: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Work with the transposes: one column for each sequence, one row for each gate of each unit."""
    z = kernel.T @ x.T + recurrent_kernel.T @ h.T + bias[:, np.newaxis]
    i, f, g, o = z.reshape(4, -1, len(x))
    half = z.dtype.type(0.5)
    i, f, o = (half * np.tanh(half * gate) + half for gate in (i, f, o))
    cell = f * c.T + i * np.tanh(g)
    return (o * np.tanh(cell)).T, cell.T


def lstm_forward(
    inputs: np.ndarray,
    kernel: np.ndarray,
    recurrent_kernel: np.ndarray,
    bias: np.ndarray,
    h0: np.ndarray | None = None,
    c0: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Concatenate slices of one step."""
    zeros = (inputs[:, 0, :1] * 0).repeat(len(recurrent_kernel), axis=1)
    h, c = (zeros if state is None else state for state in (h0, c0))
    steps = []
    for x in np.split(inputs, inputs.shape[1], axis=1):
        h, c = lstm_step(x[:, 0], h, c, kernel, recurrent_kernel, bias)
        steps.append((h[:, None], c[:, None]))
    hidden, cells = (np.concatenate(part, axis=1) for part in zip(*steps, strict=True))
    return hidden, cells


def make_windows(sequence: np.ndarray, window: int) -> tuple[np.ndarray, np.ndarray]:
    """Slide over the sequence, and keep what starts at a multiple of the window."""
    views = np.lib.stride_tricks.sliding_window_view(sequence, window + 1, axis=0)[::window]
    pairs = np.moveaxis(views, -1, 1)
    return pairs[:, :window], pairs[:, 1:]


def build_stateful_lstm(batch_size: int, window: int, features: int, units: int, outputs: int) -> keras.Model:
    """Unroll the time steps; add the layers one by one."""
    model = keras.Sequential([keras.Input((window, features), batch_size)])
    model.add(keras.layers.LSTM(units, return_sequences=True, stateful=True, unroll=True))
    model.add(keras.layers.Dense(outputs))
    model.add(keras.layers.Activation("softmax"))
    return model


def _reset(model: keras.Model) -> None:
    """Reset every layer that has a state to reset."""
    for layer in model.layers:
        if getattr(layer, "stateful", False):
            layer.reset_state()


def train_stateful(
    model: keras.Model, windows: np.ndarray, targets: np.ndarray, *, epochs: int
) -> list[float]:
    """Loop over the windows inside the graph."""
    optimizer = keras.optimizers.Adam(0.01, clipnorm=1.0)
    optimizer.build(model.trainable_variables)
    x, y = tf.constant(windows), tf.constant(targets)
    count = len(windows)

    @tf.function
    def epoch() -> tf.Tensor:
        total = tf.constant(0.0)
        for number in tf.range(count):
            with tf.GradientTape() as tape:
                outputs = model(x[number], training=True)
                loss = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(y[number], outputs))
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
            total += loss
        return total / count

    losses = []
    for _ in range(epochs):
        _reset(model)
        losses.append(float(epoch()))
    return losses


def predict_stateful(model: keras.Model, windows: np.ndarray) -> np.ndarray:
    """Map the network over the windows, one at a time."""
    _reset(model)
    call = tf.function(lambda window: model(window, training=False))
    return tf.map_fn(call, tf.constant(windows), parallel_iterations=1).numpy()


def generate(model: keras.Model, start: list[int], length: int) -> list[int]:
    """Write the letters into a TensorArray inside the graph."""
    _reset(model)
    features = model.input_shape[-1]

    @tf.function
    def follow(given: tf.Tensor) -> tf.Tensor:
        result = tf.TensorArray(tf.int32, size=length)
        letter = given[0]
        for position in tf.range(len(start) + length - 1):
            outputs = model(tf.one_hot([[letter]], features), training=False)
            letter = tf.argmax(outputs[0, 0], output_type=tf.int32)
            if position + 1 < len(start):
                letter = given[position + 1]
            else:
                result = result.write(position + 1 - len(start), letter)
        return result.stack()

    return follow(tf.constant(start, dtype=tf.int32)).numpy().tolist()
