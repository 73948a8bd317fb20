"""Expectations about what a training reached."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.checks.verdict import CheckFailed


def accuracy(probabilities: NDArray[Any], labels: NDArray[Any]) -> float:
    """Return the share of rows whose largest entry is at the label.

    Args:
        probabilities: shape (N, classes); any increasing function of probabilities will do.
        labels: shape (N,), the index of the right class.
    """
    return float(np.mean(np.argmax(probabilities, axis=1) == labels))


def expect_at_least(what: str, received: float, threshold: float, *, hint: str = "") -> None:
    """Expect a measured figure to reach a threshold.

    Raises:
        CheckFailed: it does not, or is not a number.
    """
    if not received >= threshold:
        raise CheckFailed(f"Expected {what} of at least {threshold:.3f}. Received: {received:.3f}.", hint)
