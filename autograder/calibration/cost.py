"""What the reference of a homework costs: the unit in which the limits of a submission are given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from autograder.homework import HomeworkLimits

LEAST_SECONDS: Final = 10
"""The smallest limit of a job, in processor seconds."""
# One lucky measure must not make limits small.
_LEAST_SLOWER: Final = 0.5


@dataclass(frozen=True, slots=True)
class Cost:
    """Processor seconds of the reference's jobs.

    Attributes:
        call: its longest job without training.
        training: its longest job with training; 0 if there is none.
        submission: all its jobs together.
        measure: what the measure of the machine was, see `autograder.known.speed`.
    """

    call: float
    training: float
    submission: float
    measure: float


@dataclass(frozen=True, slots=True)
class Allowance:
    """The processor seconds that a submission may use on this machine.

    Attributes:
        call: of one job without training.
        training: of one job with training.
        submission: of all its jobs together.
        reference: what all jobs of the reference cost here. If it is unknown, as long as one training.
        slower: how many times slower this machine is than that of the calibration.
        known: whether it is known what the reference needs.
    """

    call: int
    training: int
    submission: float
    reference: float
    slower: float = 1.0
    known: bool = True

    @property
    def most_seconds(self) -> float:
        """The processor seconds after which a submission is done, even if every job hangs."""
        return self.submission + self.training


def allowance(limits: HomeworkLimits, cost: Cost | None, measure: float) -> Allowance:
    """Return what a submission may use.

    Args:
        limits: the homework's limits: multiples of what the reference needs, and seconds for a homework whose
            reference was not measured.
        cost: what the reference needs; None if it was not measured.
        measure: the measure of this machine.
    """
    if cost is None:
        training = limits.training_cpu_seconds
        submission = float(limits.submission_times * training)
        return Allowance(limits.cpu_seconds, training, submission, float(training), known=False)
    slower = max(measure / cost.measure, _LEAST_SLOWER)
    call = max(slower * limits.call_times * cost.call, LEAST_SECONDS)
    training_seconds = max(slower * limits.training_times * cost.training, call)
    whole = slower * cost.submission
    submission = max(limits.submission_times * whole, training_seconds)
    return Allowance(round(call), round(training_seconds), submission, whole, slower)
