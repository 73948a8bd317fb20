"""The runs of one stochastic check: measure on fresh seeds until one run reaches the calibrated threshold."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from autograder.calibration.certificate import CalibratedCheck, CertificateError, Trial
from autograder.calibration.thresholds import Direction
from autograder.checks.verdict import CheckFailed, StudentFault
from autograder.result import CheckStatus

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
            self.done.append(Trial(seed, float(measure(seed))))
            return
        if (self.calibrated.metric, self.calibrated.direction) != (what, direction):
            raise CertificateError(
                f"Expected the figure that was calibrated, {self.calibrated.metric} "
                f"({self.calibrated.direction}). Received: {what} ({direction}). Calibrate again."
            )
        if fault := self._run(self.calibrated.threshold, measure):
            raise fault
        if not direction.reaches(self.done[-1].value, self.calibrated.threshold):
            raise CheckFailed(self._message(self.calibrated.threshold), hint)

    def _run(self, threshold: float, measure: Callable[[int], float]) -> CheckFailed | StudentFault | None:
        """Measure until a run reaches the threshold; return what went wrong if no run gave a figure."""
        faults: list[CheckFailed | StudentFault] = []
        for attempt in range(self.runs):
            seed = self.seed_of(attempt)
            try:
                value = float(measure(seed))
            except (CheckFailed, StudentFault) as fault:
                if isinstance(fault, StudentFault) and fault.status in _FOR_ALL_SEEDS:
                    raise
                faults.append(fault)
                value = math.nan
            self.done.append(Trial(seed, value))
            if self.direction.reaches(value, threshold):
                return None
        return faults[-1] if len(faults) == self.runs else None

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
