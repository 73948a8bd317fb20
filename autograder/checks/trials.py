"""The runs of one stochastic check: measure with new seeds until one run reaches the calibrated threshold."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from autograder.calibration.certificate import CalibratedCheck, CertificateError
from autograder.checks.verdict import CheckFailed, StudentFault
from autograder.models.config import NotFinite
from autograder.result import CheckStatus, Direction, Trial

# Another seed does not change these. A second endless loop would only delay the grading of the class.
_NOT_RETRIED: Final = frozenset({CheckStatus.NOT_ATTEMPTED, CheckStatus.TIMEOUT})


@dataclass(slots=True)
class Trials:
    """The runs of a stochastic check: the value of the fixture ``calibrated``.

    Attributes:
        calibrated: the check's part of the certificate. None during a calibration: then every value passes.
        seed_of: number of a run, from 0 → the seed of that run.
        runs: the largest allowed number of runs.
        repeats_far: also repeat a run whose value is far from the threshold, see `_is_far`. Grades do, since
            the bound of the certificate is about all runs; a student who practises does not want to wait.
        done: the runs so far.
        metric: what is measured; empty until the check calls `at_least` or `at_most`.
        direction: which values are good; set together with ``metric``.
    """

    calibrated: CalibratedCheck | None
    seed_of: Callable[[int], int]
    runs: int
    repeats_far: bool = True
    done: list[Trial] = field(default_factory=list)
    metric: str = ""
    direction: Direction = Direction.AT_LEAST

    def at_least(self, what: str, measure: Callable[[int], float], *, hint: str = "") -> None:
        """Expect a metric to reach the calibrated threshold in one of the runs.

        A run that gives no value counts as a run below the threshold.

        Args:
            what: the metric's name, such as "accuracy on held-out images".
            measure: does one run with the given seed and returns the metric's value.
            hint: where the student should look.

        Raises:
            CheckFailed: no run reached the threshold, or a run found something that no other seed can change.
            StudentFault: no run gave a value, or a run failed in a way that no other seed can change.
            CertificateError: the calibration measured another metric.
        """
        self._decide(Direction.AT_LEAST, what, measure, hint)

    def at_most(self, what: str, measure: Callable[[int], float], *, hint: str = "") -> None:
        """Expect a metric not to exceed the calibrated threshold in one of the runs.

        Args:
            what: as for `at_least`.
            measure: as for `at_least`.
            hint: as for `at_least`.

        Raises:
            CheckFailed: as for `at_least`.
            StudentFault: as for `at_least`.
            CertificateError: as for `at_least`.
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
                f"Expected the metric that was calibrated, {self.calibrated.metric} "
                f"({self.calibrated.direction}). Received: {what} ({direction}). Calibrate again."
            )
        threshold = self.calibrated.threshold
        faults: list[CheckFailed | StudentFault | NotFinite] = []
        for attempt in range(self.runs):
            seed, value = self.seed_of(attempt), math.nan
            try:
                value = float(measure(seed))
            except (CheckFailed, StudentFault, NotFinite) as fault:
                if _is_final(fault):
                    raise
                faults.append(fault)
            self._record(seed, value)
            if direction.reaches(value, threshold):
                return
            if not self.repeats_far and self._is_far(self.calibrated, value):
                break
        raise faults[-1] if len(faults) == len(self.done) else CheckFailed(self._message(threshold), hint)

    def _is_far(self, calibrated: CalibratedCheck, value: float) -> bool:
        """Return whether a value is farther below the threshold than the reference's median is above it.

        A run that gave no number is far away.
        """
        threshold = calibrated.threshold
        room = self.direction.margin(statistics.median(calibrated.values), threshold)
        return math.isnan(value) or self.direction.margin(threshold, value) > room

    def _record(self, seed: int, value: float) -> None:
        """Record a run; NaN and infinity become None, because JSON has neither."""
        self.done.append(Trial(seed, value if math.isfinite(value) else None))

    def _message(self, threshold: float) -> str:
        """Return the message: what was expected, and the value of every run."""
        values = ", ".join("no number" if run.value is None else f"{run.value:.3f}" for run in self.done)
        times = "" if self.runs == 1 else f" in one of {self.runs} runs"
        why = "" if self.done[-1].value is None else "That is far away, so it"
        stopped = f" {why or 'It'} was not tried again." if len(self.done) < self.runs else ""
        expected = f"Expected {self.metric} of {self.direction.words} {threshold:.3f}{times}."
        return f"{expected} Received: {values}.{stopped}"


def _is_final(fault: CheckFailed | StudentFault | NotFinite) -> bool:
    """Return whether a run with another seed would find the same fault, or the fault is not the student's."""
    match fault:
        case CheckFailed():
            return fault.any_seed
        case StudentFault():
            return fault.of_reference or fault.status in _NOT_RETRIED
    return False
