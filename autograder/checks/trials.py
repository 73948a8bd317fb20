"""The runs of one stochastic check: measure on fresh seeds until one run reaches the calibrated threshold."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from autograder.calibration.certificate import CalibratedCheck, Trial
from autograder.calibration.thresholds import Direction
from autograder.checks.verdict import CheckFailed


@dataclass(slots=True)
class Trials:
    """What the fixture ``calibrated`` gives to a check.

    Attributes:
        calibrated: what is known about the check; None while it is calibrated: then every value will do.
        seed_of: attempt, from 0 → the seed of that run.
        runs: how many there may be.
        done: the runs so far.
        metric: what was measured, and ``direction`` which values are good, once the check has said so.
    """

    calibrated: CalibratedCheck | None
    seed_of: Callable[[int], int]
    runs: int
    done: list[Trial] = field(default_factory=list)
    metric: str = ""
    direction: Direction = Direction.AT_LEAST

    def at_least(self, what: str, measure: Callable[[int], float], *, hint: str = "") -> None:
        """Expect a figure to reach the calibrated threshold in one of the runs.

        Args:
            what: the figure in words, such as "accuracy on held-out images".
            measure: runs with the seed it is given, and returns the figure.
            hint: where to look.

        Raises:
            CheckFailed: no run reached it.
        """
        self._decide(Direction.AT_LEAST, what, measure, hint)

    def at_most(self, what: str, measure: Callable[[int], float], *, hint: str = "") -> None:
        """Expect a figure to stay below the calibrated threshold in one of the runs; see `at_least`.

        Raises:
            CheckFailed: it was above in all runs.
        """
        self._decide(Direction.AT_MOST, what, measure, hint)

    def _decide(self, direction: Direction, what: str, measure: Callable[[int], float], hint: str) -> None:
        self.metric, self.direction = what, direction
        for attempt in range(self.runs if self.calibrated else 1):
            seed = self.seed_of(attempt)
            value = float(measure(seed))
            self.done.append(Trial(seed, value))
            if self.calibrated is None or direction.reaches(value, self.calibrated.threshold):
                return
        assert self.calibrated is not None
        raise CheckFailed(self._message(self.calibrated.threshold), hint)

    def _message(self, threshold: float) -> str:
        """Say what was expected, and what every run gave."""
        values = ", ".join(
            f"{trial.value:.3f}" if math.isfinite(trial.value) else "no number" for trial in self.done
        )
        times = "" if self.runs == 1 else f" in one of {self.runs} runs"
        return (
            f"Expected {self.metric} of {self.direction.replace('_', ' ')} {threshold:.3f}{times}. "
            f"Received: {values}."
        )
