"""What the reference of a homework costs: the unit in which the limits of a submission are given."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from autograder.homework import HomeworkLimits

LEAST_SECONDS: Final = 10
"""A job may use so many processor seconds at least, on a machine as fast as that of the calibration."""


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
        submission: of all its jobs together; infinity if the cost of the reference is unknown.
        reference: what all jobs of the reference cost here. If it is unknown, as long as one training.
        slower: how many times slower this machine is than that of the calibration; at least 1.
    """

    call: int
    training: int
    submission: float = math.inf
    reference: float = math.inf
    slower: float = 1.0

    def most_seconds(self, checks: int) -> float:
        """Return the processor seconds after which a submission is done, even if every job hangs.

        Args:
            checks: number of checks, each with one job at least.
        """
        return min(self.submission, 2 * self.training + checks * self.call) + self.training

    @property
    def compares(self) -> bool:
        """Whether it is known what the reference needs."""
        return math.isfinite(self.submission)


def allowance(limits: HomeworkLimits, cost: Cost | None, measure: float) -> Allowance:
    """Return what a submission may use.

    Args:
        limits: the homework's limits: multiples of what the reference needs, and seconds for a homework whose
            reference was not measured.
        cost: what the reference needs; None if it was not measured.
        measure: the measure of this machine.
    """
    if cost is None:
        seconds = limits.training_cpu_seconds
        return Allowance(limits.cpu_seconds, seconds, reference=float(seconds))
    slower = max(measure / cost.measure, 1.0)
    call = slower * max(limits.call_times * cost.call, LEAST_SECONDS)
    training = max(slower * limits.training_times * cost.training, call)
    whole = slower * cost.submission
    submission = max(limits.submission_times * whole, training)
    return Allowance(round(call), round(training), submission, whole, slower)
