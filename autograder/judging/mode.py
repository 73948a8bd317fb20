"""The purpose of a run: to give grades, or to measure stochastic checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from autograder.calibration.certificate import CalibratedCheck
from autograder.calibration.cost import Cost


@dataclass(frozen=True, slots=True)
class Judge:
    """Give grades.

    Attributes:
        thresholds: check → what the certificate says about that stochastic check; empty without such checks.
        calibration: a sentence about the certificate, for every result.
        cost: what the reference needs; None if it was not measured.
    """

    thresholds: Mapping[str, CalibratedCheck] = field(default_factory=dict)
    calibration: str = ""
    cost: Cost | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """Give no grades: run some stochastic checks once, without those that they need, and keep the values.

    Attributes:
        checks: their identifiers.
    """

    checks: tuple[str, ...]


Mode = Judge | Measure
