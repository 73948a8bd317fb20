"""Letters as the checks of `generate` read them: what a network says, and what a function returned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.checks import CheckFailed, StudentModel

Array = NDArray[Any]


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
