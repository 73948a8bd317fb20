"""Unlike the reference: predictions come from a twin of the layer, whose state is passed on by hand."""

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
    """Let Keras's functions do it."""
    z = keras.ops.matmul(x, kernel) + keras.ops.matmul(h, recurrent_kernel) + bias
    i, f, g, o = keras.ops.split(z, 4, axis=1)
    c = keras.ops.sigmoid(f) * c + keras.ops.sigmoid(i) * keras.ops.tanh(g)
    h = keras.ops.sigmoid(o) * keras.ops.tanh(c)
    return h.numpy(), c.numpy()


def lstm_forward(
    inputs: np.ndarray,
    kernel: np.ndarray,
    recurrent_kernel: np.ndarray,
    bias: np.ndarray,
    h0: np.ndarray | None = None,
    c0: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Fill one array for each of the two states."""
    shape = (inputs.shape[0], inputs.shape[1], recurrent_kernel.shape[0])
    hidden, cells = np.zeros(shape, inputs.dtype), np.zeros(shape, inputs.dtype)
    h = np.zeros(shape[::2], inputs.dtype) if h0 is None else h0
    c = np.zeros(shape[::2], inputs.dtype) if c0 is None else c0
    for t in range(shape[1]):
        h, c = lstm_step(inputs[:, t], h, c, kernel, recurrent_kernel, bias)
        hidden[:, t] = h
        cells[:, t] = c
    return hidden, cells


def make_windows(sequence: np.ndarray, window: int) -> tuple[np.ndarray, np.ndarray]:
    """Cut pieces of one element more, and take both from each."""
    count = (len(sequence) - 1) // window
    pieces = np.stack([sequence[s * window : (s + 1) * window + 1] for s in range(count)])
    return pieces[:, :-1], pieces[:, 1:]


def build_stateful_lstm(batch_size: int, window: int, features: int, units: int, outputs: int) -> keras.Model:
    """Name the layers, to find them again."""
    sequences = keras.Input(shape=(window, features), batch_size=batch_size)
    hidden = keras.layers.LSTM(units, stateful=True, return_sequences=True, name="lstm")(sequences)
    probabilities = keras.layers.Dense(outputs, activation="softmax", name="dense")(hidden)
    return keras.Model(inputs=sequences, outputs=probabilities)


def train_stateful(
    model: keras.Model, windows: np.ndarray, targets: np.ndarray, *, epochs: int
) -> list[float]:
    """Write zeros into the layer's variables, then take the gradient of each window's loss."""
    optimizer = keras.optimizers.Adam(learning_rate=5e-3)
    forward = tf.function(lambda x: model(x, training=True))  # ten times as fast as without
    optimizer.build(model.trainable_variables)

    @tf.function
    def step(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            right = tf.gather(forward(x), y, axis=2, batch_dims=2)
            loss = -tf.reduce_mean(tf.math.log(right + 1e-7))
        optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
        return loss

    losses = []
    for _ in range(epochs):
        for state in model.get_layer("lstm").states:
            state.assign(np.zeros(state.shape, dtype="float32"))
        total = sum(float(step(x, y)) for x, y in zip(windows, targets, strict=True))
        losses.append(total / len(windows))
    return losses


class _Twin:
    """The same layers with the same weights, for windows of any length; keeps the state between them."""

    def __init__(self, model: keras.Model) -> None:
        lstm, self.dense = model.get_layer("lstm"), model.get_layer("dense")
        options = lstm.get_config() | {"stateful": False, "return_state": True}
        self.lstm = keras.layers.LSTM.from_config(options)
        self.lstm.build(model.input_shape)
        self.lstm.set_weights(lstm.get_weights())
        self.state = self.lstm.get_initial_state(model.input_shape[0])

    def read(self, window: np.ndarray) -> np.ndarray:
        """Go on from the state, and return probabilities."""
        hidden, *self.state = self.lstm(window, initial_state=self.state)
        return self.dense(hidden).numpy()


def predict_stateful(model: keras.Model, windows: np.ndarray) -> np.ndarray:
    """Give the twin one window after the other."""
    twin = _Twin(model)
    return np.stack([twin.read(window) for window in windows], axis=0)


def generate(model: keras.Model, start: list[int], length: int) -> list[int]:
    """Read the start in one go, then letter by letter."""
    twin = _Twin(model)
    letters = np.identity(model.input_shape[-1], dtype="float32")
    result: list[int] = []
    heard = start
    for _ in range(length):
        heard = [int(twin.read(letters[heard][np.newaxis])[0, -1].argmax())]
        result += heard
    return result
