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
from autograder.sandbox.protocol import IMPORT, Setup
from autograder.sandbox.runner import Ending, EndKind, Job, Reply, Runner

_STOPS: Final = 2
_AT_A_LIMIT: Final = frozenset({EndKind.CPU, EndKind.IDLE})
_SLOWER: Final = 1.1
_NETWORK: Final = "a network that was built"


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
        self._jobs = JobSeconds()
        self._longest = ("", 0.0)
        self._stopped: list[str] = []
        self._used_when_stopped = 0.0
        self._refused = 0

    @property
    def allowance(self) -> Allowance:
        """What the submission may use on this machine."""
        return self._allowance

    @property
    def jobs(self) -> JobSeconds:
        """What its jobs have used."""
        return self._jobs

    @property
    def refused(self) -> int:
        """How many jobs were not run, or not to their end, because nothing was left."""
        return self._refused

    def run(self, job: Job) -> Reply:
        """Run a job with the time that is left for it; refuse it if nothing is left.

        Raises:
            RunnerError: see `Runner.run`.
        """
        if self._left() <= 0 and not (self._measure_slower() and self._left() > 0):
            return self._refusal()
        limited = self._limited(job)
        reply = self._runner.run(limited)
        if _ended_by(reply, EndKind.CPU) and self._measure_slower():
            larger = self._limited(job)
            if larger.limits.cpu_seconds > limited.limits.cpu_seconds:
                limited = larger
                reply = self._runner.run(larger)  # the run before was not fair, so it is not charged
        cut = _ended_by(reply, EndKind.CPU) and limited.limits.cpu_seconds < self._most(job)
        self._charge(job, reply, cut=cut)
        return self._cut_short(reply) if cut else reply

    def _left(self) -> float:
        """Return the processor seconds that are left."""
        left = self._allowance.submission - self._jobs.total
        if len(self._stopped) < _STOPS:
            return left
        return min(left, self._used_when_stopped + self._allowance.reference - self._jobs.total)

    def _measure_slower(self) -> bool:
        """Measure the machine again; return whether it has become slower. Then more seconds are allowed."""
        now = self._measure_again()
        if now < _SLOWER * self._measure:
            return False
        self._measure, self._allowance = now, self._allow(now)
        return True

    def _limited(self, job: Job) -> Job:
        """Return the job with the limits that hold now. A network's own limit is small, and stays."""
        if job.role == "evaluator":
            seconds = max(round(self._allowance.slower * job.limits.cpu_seconds), job.limits.cpu_seconds)
        else:
            seconds = max(math.ceil(min(self._left(), self._most(job))), 1)
        limits = replace(job.limits, cpu_seconds=seconds)
        return job if limits == job.limits else replace(job, limits=limits)

    def _most(self, job: Job) -> int:
        """Return the processor seconds of a job if enough is left; 0 for a network, see `_limited`."""
        if job.role == "evaluator":
            return 0
        return self._allowance.training if job.training else self._allowance.call

    def _charge(self, job: Job, reply: Reply, *, cut: bool) -> None:
        """Count what a job has used: processor time, or the time in which it did not wait, if it is more.

        Args:
            job: the job.
            reply: its reply.
            cut: whether it ended because the submission had too little left for it.
        """
        ending = reply.ending
        if ending is None:
            return
        seconds = max(ending.cpu_seconds, ending.wall_seconds - ending.waited_seconds)
        self._jobs = self._jobs.plus(seconds, training=job.training)
        if seconds > self._longest[1]:
            self._longest = (_whole(job), seconds)
        if ending.kind in _AT_A_LIMIT and not cut:
            self._stopped.append(f"{_stopped_in(job, reply)} after {seconds:.0f} seconds")
            if len(self._stopped) == _STOPS:
                self._used_when_stopped = self._jobs.total

    def _cut_short(self, reply: Reply) -> Reply:
        """Return the reply of a job that was stopped because the submission had too little left for it."""
        assert reply.ending is not None
        self._refused += 1
        return replace(reply, ending=replace(reply.ending, kind=EndKind.BUDGET), note=self._note())

    def _refusal(self) -> Reply:
        """Return the reply to a job that is not run."""
        self._refused += 1
        return Reply(ending=Ending(EndKind.BUDGET, 0, 0.0, 0.0, 0), note=self._note())

    def _note(self) -> str:
        """Return why nothing is left: sentences for the student."""
        allowed = self._allowance
        if len(self._stopped) < _STOPS:
            name, seconds = self._longest
            return (
                f"The whole submission may compute for {allowed.submission:.0f} seconds, and {name} took "
                f"{seconds:.0f} of them."
            )
        compared = ", as long as the whole reference takes" if allowed.known else ""
        return (
            f"These ran out of time: {', '.join(self._stopped[:_STOPS])}. After two such functions "
            f"everything else gets {allowed.reference:.0f} seconds{compared}."
        )


def _ended_by(reply: Reply, kind: EndKind) -> bool:
    """Return whether a process ended in this way."""
    return reply.ending is not None and reply.ending.kind is kind


def limits_here(allowed: Allowance, limits: HomeworkLimits) -> HomeworkLimits:
    """Return a homework's limits with the seconds that hold on this machine."""
    return replace(limits, cpu_seconds=allowed.call, training_cpu_seconds=allowed.training)


def _whole(job: Job) -> str:
    """Return what a job did."""
    if not isinstance(job.request, Setup):
        return _NETWORK
    return " and ".join(called_functions(job.steps)) or _importing(job.request)


def _stopped_in(job: Job, reply: Reply) -> str:
    """Return what a job was doing when it was stopped: its first call without an outcome."""
    if not isinstance(job.request, Setup):
        return _NETWORK
    answered = {outcome.step for outcome in reply.outcomes}
    if IMPORT not in answered:
        return _importing(job.request)
    open_steps = [step for number, step in enumerate(job.steps) if number not in answered]
    return (called_functions(open_steps) or (_whole(job),))[0]


def _importing(setup: Setup) -> str:
    """Return what students read about the import of their file."""
    return f"importing {setup.module}.py"
