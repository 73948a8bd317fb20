"""Tools for checks of recurrent networks: run them, read their cells, choose weights that reveal errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograder.checks._arrays import as_array
from autograder.models.student_model import StudentModel

__all__ = ["cell_states", "run_windows", "strong_weights"]

Array = NDArray[Any]

# The defaults of Keras's LSTM for the options that change its state.
_DEFAULT_LSTM: Final = {
    "activation": "tanh",
    "recurrent_activation": "sigmoid",
    "use_bias": True,
    "go_backwards": False,
}


def strong_weights(
    weights: Sequence[Array], rng: np.random.Generator, scale: float = 3.0, readout: float | None = None
) -> list[Array]:
    """Return random weights of the same shapes, much larger than a network's initial weights.

    With large weights the outputs of a recurrent network are far from uniform and depend on all earlier
    inputs, so a lost state is visible. With very large weights, such as 100, the gates saturate: nearly every
    gate is fully open or closed, and a few optimizer steps change almost nothing.

    Args:
        weights: the arrays of a model, see `StudentModel.weights`.
        rng: the source of the random numbers.
        scale: the standard deviation of the weights.
        readout: the standard deviation of the last two arrays, which belong to the dense layer; ``scale``
            when left out. Very large values make all losses huge.
    """
    scales = [scale] * len(weights)
    scales[-2:] = [scale if readout is None else readout] * len(scales[-2:])
    return [
        (scale * rng.normal(size=values.shape)).astype(values.dtype)
        for scale, values in zip(scales, weights, strict=True)
    ]


def run_windows(model: StudentModel, windows: Array, outputs: int) -> Array:
    """Return a network's outputs for consecutive windows; the state is carried from one window to the next.

    Args:
        model: a network with one row of outputs at every time step.
        windows: (S, B, T, F): S windows of T steps with F features, for each of B sequences.
        outputs: numbers in one row of outputs.

    Returns:
        An array (S, B, T, outputs).

    Raises:
        CheckFailed: the network's outputs have another shape.
        RefusedModel: the network cannot be run on such windows.
    """
    [found] = model.run_sequences([windows])
    return as_array(
        "what the network gives for windows in a row",
        found,
        (*windows.shape[:3], outputs),
        hint="One row of outputs at every time step of every window.",
    )


def cell_states(model: StudentModel, inputs: ArrayLike) -> Array | None:
    """Return the cell states of a network's LSTM at every time step of one sequence.

    The state starts at zeros. Keras returns only a layer's outputs, o * tanh(c), so the cell states c are
    computed here from the weights:

        c[t] = f * c[t-1] + i * tanh(z_g),  z = x[t] · kernel + h[t-1] · recurrent_kernel + bias

    with the blocks of z in Keras's order: input gate, forget gate, candidate, output gate.

    Args:
        model: a network whose first layer is the LSTM.
        inputs: the sequence, shape (T, features).

    Returns:
        An array (T, units). None if the first layer is not an LSTM, or is an LSTM with other activations,
        without biases, or one that reads the sequence backwards.

    Raises:
        ValueError: the sequence has another shape.
    """
    first = next((one for one in model.config.layers if one.class_name != "InputLayer"), None)
    if first is None or first.class_name != "LSTM":
        return None
    if any(first.config.get(name, default) != default for name, default in _DEFAULT_LSTM.items()):
        return None
    # With 64-bit floats, products of even the largest 32-bit weights do not overflow.
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
    """Return 1 / (1 + exp(-z)), in a form that never overflows."""
    return np.asarray((1 + np.tanh(z / 2)) / 2)
