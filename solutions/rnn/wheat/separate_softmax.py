"""Unlike the reference: the softmax is a layer of its own; a schedule, one-hot targets, and predict."""

import itertools

import keras
import numpy as np


def sigmoid(z: np.ndarray) -> np.ndarray:
    """Return σ(z) by way of a logarithm."""
    return np.exp(-np.logaddexp(0, -z))


def lstm_step(
    x: np.ndarray,
    h: np.ndarray,
    c: np.ndarray,
    kernel: np.ndarray,
    recurrent_kernel: np.ndarray,
    bias: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Contract with tensordot, the kernels as (…, 4, U)."""
    units = h.shape[1]
    of_input = np.tensordot(x, kernel.reshape(-1, 4, units), axes=1)
    of_state = np.tensordot(h, recurrent_kernel.reshape(-1, 4, units), axes=1)
    z = of_input + of_state + bias.reshape(4, units)
    i, f, g, o = (z[:, gate] for gate in range(4))
    new_c = np.add(sigmoid(f) * c, sigmoid(i) * np.tanh(g))
    return sigmoid(o) * np.tanh(new_c), new_c


def lstm_forward(
    inputs: np.ndarray,
    kernel: np.ndarray,
    recurrent_kernel: np.ndarray,
    bias: np.ndarray,
    h0: np.ndarray | None = None,
    c0: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Accumulate pairs of states."""
    size = (len(inputs), recurrent_kernel.shape[0])
    first = tuple(np.zeros(size, inputs.dtype) if state is None else state for state in (h0, c0))
    states = itertools.accumulate(
        (inputs[:, t] for t in range(inputs.shape[1])),
        lambda state, x: lstm_step(x, *state, kernel, recurrent_kernel, bias),
        initial=first,
    )
    hidden, cells = zip(*itertools.islice(states, 1, None), strict=True)
    return np.stack(hidden, 1), np.stack(cells, 1)


def make_windows(sequence: np.ndarray, window: int) -> tuple[np.ndarray, np.ndarray]:
    """Split at every window's end, and drop the last piece unless it is a whole one."""
    cuts = np.arange(window, len(sequence), window)
    inputs = [piece for piece in np.split(sequence[:-1], cuts) if len(piece) == window]
    targets = [piece for piece in np.split(sequence[1:], cuts) if len(piece) == window]
    return np.asarray(inputs), np.asarray(targets)


def build_stateful_lstm(batch_size: int, window: int, features: int, units: int, outputs: int) -> keras.Model:
    """Give each step a layer of its own."""
    return keras.Sequential(
        [
            keras.layers.Input(batch_shape=(batch_size, window, features)),
            keras.layers.LSTM(units, return_sequences=True, stateful=True, implementation=1),
            keras.layers.TimeDistributed(keras.layers.Dense(outputs)),
            keras.layers.Softmax(axis=-1),
        ]
    )


def _reset(model: keras.Model) -> None:
    """Reset the recurrent layers."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.LSTM):
            layer.reset_states()


def train_stateful(
    model: keras.Model, windows: np.ndarray, targets: np.ndarray, *, epochs: int
) -> list[float]:
    """Fit epoch by epoch, the rate falling step by step."""
    rate = keras.optimizers.schedules.CosineDecay(1e-2, decay_steps=epochs * len(windows), alpha=0.1)
    model.compile(optimizer=keras.optimizers.Nadam(rate), loss="categorical_crossentropy", metrics=["acc"])
    x = windows.reshape(-1, *windows.shape[2:])
    y = np.eye(model.output_shape[-1])[targets.reshape(len(x), -1)]
    losses = []
    for epoch in range(epochs):
        _reset(model)
        history = model.fit(
            x,
            y,
            windows.shape[1],
            initial_epoch=epoch,
            epochs=epoch + 1,
            shuffle=False,
            verbose=0,
        )
        losses.append(history.history["loss"][0])
    return losses


def predict_stateful(model: keras.Model, windows: np.ndarray) -> np.ndarray:
    """Predict everything at once, in batches of one window."""
    _reset(model)
    rows = np.concatenate(list(windows))
    outputs = model.predict(rows, batch_size=windows.shape[1], verbose=0)
    return outputs.reshape(*windows.shape[:3], -1)


def generate(model: keras.Model, start: list[int], length: int) -> list[int]:
    """Predict the start as a batch of windows, then every letter."""
    _reset(model)
    letters = np.eye(model.input_shape[-1])[start][:, None]
    result: list[int] = []
    while True:
        outputs = model.predict(letters, batch_size=1, verbose=0)
        result.append(int(np.argmax(outputs[-1, -1])))
        if len(result) == length:
            return result
        letters = np.eye(model.input_shape[-1])[[[result[-1]]]]
