"""Scores of a trained network, and the expectation that a score reaches a threshold."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.checks.verdict import CheckFailed


def accuracy(probabilities: NDArray[Any], labels: NDArray[Any]) -> float:
    """Return the share of rows whose largest entry is at the label's index.

    Args:
        probabilities: shape (N, classes); any increasing function of them also works.
        labels: shape (N,), the index of the right class.

    Raises:
        CheckFailed: ``probabilities`` has another shape.
    """
    return float(np.mean(np.argmax(_rows(probabilities, labels), axis=1) == labels))


def cross_entropy(probabilities: NDArray[Any], labels: NDArray[Any]) -> float:
    """Return the mean of -log(probability of the right class); probabilities below 1e-7 count as 1e-7.

    Args:
        probabilities: shape (N, classes).
        labels: shape (N,), the index of the right class.

    Raises:
        CheckFailed: ``probabilities`` has another shape, negative values, or rows whose sum is not 1.
    """
    right = _right_class_probabilities(probabilities, labels)
    return float(np.mean(-np.log(np.clip(right, 1e-7, None))))


def mean_probability(probabilities: NDArray[Any], labels: NDArray[Any]) -> float:
    """Return the mean probability of the right class.

    Where several classes are equally likely, accuracy depends on chance; the mean probability does not.

    Args:
        probabilities: shape (N, classes).
        labels: shape (N,), the index of the right class.

    Raises:
        CheckFailed: as `cross_entropy`.
    """
    return float(_right_class_probabilities(probabilities, labels).mean())


def _right_class_probabilities(probabilities: NDArray[Any], labels: NDArray[Any]) -> NDArray[np.float64]:
    """Return the probability of the right class for each row; refuse rows that are not probabilities."""
    rows = _rows(probabilities, labels)
    sums = rows.sum(axis=1)
    if (rows < 0).any() or not np.allclose(sums, 1, atol=1e-3):
        raise CheckFailed(
            "Expected probabilities: no negative values, and rows with sum 1. "
            f"Received: values from {rows.min():.3g} to {rows.max():.3g}, sums from {sums.min():.3g} to "
            f"{sums.max():.3g}.",
            "Which activation turns numbers into probabilities?",
        )
    right: NDArray[np.float64] = rows[np.arange(len(labels)), labels].astype(np.float64)
    return right


def _rows(probabilities: NDArray[Any], labels: NDArray[Any]) -> NDArray[Any]:
    """Return a classifier's outputs if they have one row for each image and one column for each class."""
    if probabilities.ndim != 2 or len(probabilities) != len(labels) or probabilities.shape[1] <= labels.max():
        raise CheckFailed(
            f"Expected a row for each image and a column for each class: shape ({len(labels)}, "
            f"{labels.max() + 1}). Received: {probabilities.shape}."
        )
    return probabilities


def expect_at_least(what: str, received: float, threshold: float, *, hint: str = "") -> None:
    """Expect a measured value to reach a threshold.

    Args:
        what: the value's name in the message, such as "accuracy".
        received: the measured value.
        threshold: the smallest value that passes, in the same unit.
        hint: where the student should look.

    Raises:
        CheckFailed: ``received`` is below the threshold or NaN.
    """
    if not received >= threshold:
        raise CheckFailed(f"Expected {what} of at least {threshold:.3f}. Received: {received:.3f}.", hint)
