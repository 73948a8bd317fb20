"""The runs of one stochastic check: measure on fresh seeds until one run reaches the calibrated threshold."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from autograder.calibration.certificate import CalibratedCheck, CertificateError
from autograder.checks.verdict import CheckFailed, StudentFault
from autograder.result import CheckStatus, Direction, Trial

# Neither is a matter of chance; and a second endless loop would only cost the class time.
_FOR_ALL_SEEDS: Final = frozenset({CheckStatus.NOT_ATTEMPTED, CheckStatus.TIMEOUT})


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

        A run that gives no figure counts as one that did not reach it.

        Raises:
            CheckFailed: no run reached it.
            StudentFault: no run gave a figure; or one did not because of what no other seed can change.
            CertificateError: another figure was calibrated than the one that is judged.
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
        if self.calibrated is None:
            seed = self.seed_of(0)
            self._record(seed, float(measure(seed)))
            return
        if (self.calibrated.metric, self.calibrated.direction) != (what, direction):
            raise CertificateError(
                f"Expected the figure that was calibrated, {self.calibrated.metric} "
                f"({self.calibrated.direction}). Received: {what} ({direction}). Calibrate again."
            )
        threshold = self.calibrated.threshold
        faults: list[CheckFailed | StudentFault] = []
        for attempt in range(self.runs):
            seed, value = self.seed_of(attempt), math.nan
            try:
                value = float(measure(seed))
            except (CheckFailed, StudentFault) as fault:
                if isinstance(fault, StudentFault) and fault.status in _FOR_ALL_SEEDS:
                    raise
                faults.append(fault)
            self._record(seed, value)
            if direction.reaches(value, threshold):
                return
        raise faults[-1] if len(faults) == self.runs else CheckFailed(self._message(threshold), hint)

    def _record(self, seed: int, value: float) -> None:
        """Keep a run as records have it: JSON knows no NaN and no infinity."""
        self.done.append(Trial(seed, value if math.isfinite(value) else None))

    def _message(self, threshold: float) -> str:
        """Say what was expected, and what every run gave."""
        values = ", ".join("no number" if run.value is None else f"{run.value:.3f}" for run in self.done)
        times = "" if self.runs == 1 else f" in one of {self.runs} runs"
        return f"Expected {self.metric} of {self.direction.words} {threshold:.3f}{times}. Received: {values}."
