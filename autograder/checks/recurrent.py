"""Checks of networks with a state: ways to run them, and weights that make every step matter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograder.checks._arrays import as_array
from autograder.models.student_model import StudentModel

__all__ = ["cell_states", "run_windows", "strong_weights"]

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
    """Return what a network gives for windows in their order, its state carried from each to the next.

    Args:
        model: a network with one row of outputs at every time step.
        windows: (S, B, T, F): S windows of T steps, for each of B sequences.
        outputs: numbers in a row of outputs.

    Returns:
        An array (S, B, T, outputs).

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
