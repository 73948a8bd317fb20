"""The processor time of a submission: limits of its jobs, and a budget for all of them together.

A submission that only sleeps or spins must not hold a slot for hours. After two jobs that ended at a limit,
the rest of the submission gets as much as all jobs of the reference need, and no more.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from autograder.calibration.cost import Allowance
from autograder.homework import HomeworkLimits
from autograder.known.fine_replies import called_functions
from autograder.result import JobSeconds
from autograder.sandbox.runner import Ending, EndKind, Job, Reply, Runner

_STOPS: Final = 2
_AT_A_LIMIT: Final = frozenset({EndKind.CPU, EndKind.WALL})
_SLOWER: Final = 1.1


class Budget:
    """A runner that gives the jobs of one submission no more processor time than it may use.

    Args:
        runner: runs the jobs.
        allow: measure of this machine → what the submission may use.
        measure: the measure of this machine.
        measure_again: measures the machine anew. A job that ends at its limit of processor time on a machine
            that has become slower gets the larger limit, and is run again.
    """

    def __init__(
        self,
        runner: Runner,
        allow: Callable[[float], Allowance],
        measure: float,
        measure_again: Callable[[], float],
    ) -> None:
        self._runner = runner
        self._allow = allow
        self._measure = measure
        self._measure_again = measure_again
        self._allowance = allow(measure)
        self._training = self._allowance.training
        self._jobs = JobSeconds()
        self._longest = ("", 0.0)
        self._stopped: list[str] = []
        self._used_when_stopped = 0.0

    @property
    def allowance(self) -> Allowance:
        """What the submission may use on this machine."""
        return self._allowance

    @property
    def jobs(self) -> JobSeconds:
        """What its jobs have used."""
        return self._jobs

    def run(self, job: Job) -> Reply:
        """Run a job with the time that is left for it; refuse it if nothing is left.

        Raises:
            RunnerError: see `Runner.run`.
        """
        training = job.role == "worker" and job.limits.cpu_seconds >= self._training
        if self._left() <= 0 and not (self._grows() and self._left() > 0):
            return self._refusal()
        limited = self._limited(job, training)
        reply = self._runner.run(limited)
        if _ended_by(reply, EndKind.CPU) and self._grows():
            larger = self._limited(job, training)
            if larger.limits.cpu_seconds > limited.limits.cpu_seconds:
                reply = self._runner.run(larger)  # the run before was not fair, so it is not charged
        self._charge(job, reply, training)
        return reply

    def _left(self) -> float:
        """Return the processor seconds that are left."""
        left = self._allowance.submission - self._jobs.total
        if len(self._stopped) < _STOPS:
            return left
        return min(left, self._used_when_stopped + self._allowance.reference - self._jobs.total)

    def _grows(self) -> bool:
        """Measure the machine again; return whether it has become slower. Then more seconds are allowed."""
        now = self._measure_again()
        if now < _SLOWER * self._measure:
            return False
        self._measure, self._allowance = now, self._allow(now)
        return True

    def _limited(self, job: Job, training: bool) -> Job:
        """Return the job with the limits that hold now. A network's own limit is small, and stays."""
        if job.role == "evaluator":
            seconds = max(round(self._allowance.slower * job.limits.cpu_seconds), job.limits.cpu_seconds)
        else:
            most = self._allowance.training if training else self._allowance.call
            seconds = max(math.ceil(min(self._left(), most)), 1)
        limits = replace(job.limits, cpu_seconds=seconds)
        return job if limits == job.limits else replace(job, limits=limits)

    def _charge(self, job: Job, reply: Reply, training: bool) -> None:
        """Count what a job has used: processor time, or the time in which it did not wait, if it is more."""
        ending = reply.ending
        if ending is None:
            return
        seconds = max(ending.cpu_seconds, ending.wall_seconds - ending.waited_seconds)
        self._jobs = self._jobs.plus(seconds, training=training)
        if seconds > self._longest[1]:
            self._longest = (_name(job), seconds)
        if ending.kind in _AT_A_LIMIT:
            self._stopped.append(f"{_name(job)} was stopped after {seconds:.0f} seconds")
            if len(self._stopped) == _STOPS:
                self._used_when_stopped = self._jobs.total

    def _refusal(self) -> Reply:
        """Return the reply to a job that is not run."""
        name, seconds = self._longest
        why = (
            self._stopped[:_STOPS] if len(self._stopped) >= _STOPS else [f"{name} took {seconds:.0f} seconds"]
        )
        note = f"the time for the whole submission is used up: {', '.join(why)}"
        if self._allowance.known:
            note += f"; everything in the reference takes {self._allowance.reference:.0f}"
        return Reply(ending=Ending(EndKind.BUDGET, 0, 0.0, 0.0, 0), note=note)


def _ended_by(reply: Reply, kind: EndKind) -> bool:
    """Return whether a process ended in this way."""
    return reply.ending is not None and reply.ending.kind is kind


def seconds_of(allowed: Allowance, limits: HomeworkLimits) -> HomeworkLimits:
    """Return a homework's limits with the seconds that hold on this machine."""
    return replace(limits, cpu_seconds=allowed.call, training_cpu_seconds=allowed.training)


def _name(job: Job) -> str:
    """Return what a job did: the last function that it called."""
    return (called_functions(job.steps) or ("a network that was built",))[-1]
