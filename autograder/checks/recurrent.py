"""Checks of networks with a state: ways to run them, and weights that make every step matter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograder.checks._arrays import as_array
from autograder.checks.verdict import CheckFailed
from autograder.models.student_model import StudentModel

__all__ = [
    "answers",
    "cell_states",
    "chooses",
    "expect_letters",
    "run_windows",
    "run_windows_alone",
    "strong_weights",
]

Array = NDArray[Any]

# What Keras's LSTM does if it is not told otherwise, where that bears on its state.
_USUAL_LSTM: Final = {
    "activation": "tanh",
    "recurrent_activation": "sigmoid",
    "use_bias": True,
    "go_backwards": False,
}


def strong_weights(
    weights: Sequence[Array], rng: np.random.Generator, scale: float = 3.0, readout: float | None = None
) -> list[Array]:
    """Return random weights of the same shapes, much larger than those a network starts with.

    With them the outputs of a recurrent network are far from uniform and depend on all it has seen, so a
    state that was lost shows. Very large ones, such as 100, leave nearly every gate fully open or shut, and a
    few steps of an optimizer change next to nothing.

    Args:
        weights: arrays of a model, see `StudentModel.weights`.
        rng: where the numbers come from.
        scale: their standard deviation.
        readout: that of the last two arrays, the dense layer's; with very large ones all losses are huge.
    """
    scales = [scale] * len(weights)
    scales[-2:] = [scale if readout is None else readout] * len(scales[-2:])
    return [
        (scale * rng.normal(size=values.shape)).astype(values.dtype)
        for scale, values in zip(scales, weights, strict=True)
    ]


def run_windows(model: StudentModel, windows: Array, outputs: int) -> Array:
    """Return what a network gives for windows (S, B, T, F) in their order: an array (S, B, T, outputs).

    Raises:
        CheckFailed: it gives something of another shape.
    """
    [found] = model.run_sequences([windows])
    return as_array(
        "what the network gives for windows in a row",
        found,
        (*windows.shape[:3], outputs),
        hint="One row of outputs at every time step of every window.",
    )


def run_windows_alone(model: StudentModel, windows: Array) -> Array:
    """Return what a network gives for windows (S, B, T, F) with its state set to zeros before each."""
    return np.concatenate(model.run_sequences(list(windows[:, np.newaxis])))


def cell_states(model: StudentModel, inputs: ArrayLike) -> Array | None:
    """Return what the cells of a network's LSTM hold at every time step of one sequence, from zeros.

    Keras gives a layer's outputs only, o * tanh(c), so the states are computed from its weights:

        c[t] = f * c[t-1] + i * tanh(z_g),  z = x[t] · kernel + h[t-1] · recurrent_kernel + bias

    with the blocks of z in Keras's order: input gate, forget gate, candidate, output gate.

    Args:
        model: a network whose first layer is the LSTM.
        inputs: the sequence, shape (T, features).

    Returns:
        An array (T, units); None if the first layer is something else, or an LSTM with other activations,
        without biases or from the end to the start.

    Raises:
        ValueError: the sequence has another shape.
    """
    first = next((one for one in model.config.layers if one.class_name != "InputLayer"), None)
    if first is None or first.class_name != "LSTM":
        return None
    if any(first.config.get(name, usual) != usual for name, usual in _USUAL_LSTM.items()):
        return None
    # In 64 bits even the largest weights of 32 do not overflow.
    kernel, recurrent_kernel, bias = (np.asarray(values, dtype=float) for values in model.weights[:3])
    sequence = np.asarray(inputs, dtype=float)
    if sequence.ndim != 2 or sequence.shape[1] != len(kernel):
        raise ValueError(f"Expected a sequence of shape (T, {len(kernel)}). Received: {sequence.shape}")
    h = c = np.zeros(len(recurrent_kernel))
    states = []
    for x in sequence:
        z_i, z_f, z_g, z_o = np.split(x @ kernel + h @ recurrent_kernel + bias, 4)
        c = _logistic(z_f) * c + _logistic(z_i) * np.tanh(z_g)
        h = _logistic(z_o) * np.tanh(c)
        states.append(c)
    return np.array(states).reshape(-1, len(c))


def _logistic(z: Array) -> Array:
    """Return 1 / (1 + exp(-z)), which never overflows when it is written like this."""
    return np.asarray((1 + np.tanh(z / 2)) / 2)


def answers(model: StudentModel, histories: Sequence[Sequence[int]], counts: Sequence[int]) -> list[Array]:
    """Return what a network for single letters gives after the last letters of each history.

    Args:
        model: for one sequence and windows of one step, as many outputs as letters.
        histories: what it reads, from a state of zeros.
        counts: how many of its last outputs to return of each.

    Returns:
        An array (count, letters) for each history.
    """
    letters = np.eye(model.config.input_shape[-1] or 0, dtype="float32")
    windows = [letters[np.asarray(history)].reshape(-1, 1, 1, len(letters)) for history in histories]
    outputs = model.run_sequences(windows)
    return [output[-count:, 0, 0] for output, count in zip(outputs, counts, strict=True)]


def chooses(outputs: Array, letters: Sequence[int], tolerance: float = 1e-4) -> bool:
    """Return whether each letter is the most probable one in its row of outputs, up to rounding.

    Args:
        outputs: (T, letters).
        letters: T numbers of letters.
        tolerance: by how much another letter may be more probable.
    """
    chosen = outputs[np.arange(len(letters)), np.asarray(letters)]
    return bool((chosen >= outputs.max(axis=1) - tolerance).all())


def expect_letters(received: object, length: int, count: int, start: Sequence[int] = ()) -> list[int]:
    """Expect what a function that continues a sequence returned to be so many letters; return them.

    Args:
        received: a list, tuple or array of whole numbers, whatever NumPy calls them.
        length: how many there should be.
        count: how many letters there are; they are numbered from 0.
        start: what the sequence began with, to say whether it stands in the result.

    Raises:
        CheckFailed: it is something else.
    """
    values = received.tolist() if isinstance(received, np.ndarray) and received.ndim == 1 else received
    if not isinstance(values, list | tuple):
        kind = "None (is a return missing?)" if values is None else type(values).__name__
        raise CheckFailed(f"Expected a list of {length} letters. Received: {kind}.")
    letters = [
        value.item() if isinstance(value, np.ndarray) and value.size == 1 else value for value in values
    ]
    if not all(type(letter) is int and 0 <= letter < count for letter in letters):
        raise CheckFailed(
            f"Expected letters as whole numbers from 0 to {count - 1}. Received: {letters[:5]!s:.80}.",
            "np.argmax gives the number of the most probable letter.",
        )
    if len(letters) != length:
        begins = bool(start) and letters[: len(start)] == list(start)
        among_them = ", the start among them" if begins else ""
        raise CheckFailed(
            f"Expected {length} letters. Received: {len(letters)}{among_them}.",
            "The start is not part of the result." if begins else "",
        )
    return letters
