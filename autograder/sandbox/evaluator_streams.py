"""The streams of an evaluator that answers one request after the other, in the grader.

Each request has limits and a buffer of its own, so no answer spends what the next one may use. The process is
trusted with nothing: its processor time comes from the kernel, and a request that lasts too long ends with
the process, whatever limits it has set itself.
"""

from __future__ import annotations

import contextlib
import dataclasses
import select
import time
from typing import Final

from autograder.sandbox import protocol, wire
from autograder.sandbox.cgroup import JobGroup
from autograder.sandbox.delivery import Outlet
from autograder.sandbox.limits import Limits
from autograder.sandbox.processes import cpu_seconds_of
from autograder.sandbox.protocol import CpuLimit
from autograder.sandbox.runner import Ending, EndKind, Job, Reply
from autograder.sandbox.streams import GRACE_SECONDS, ProcessStreams, is_spent

# So many requests may use all their processor time before the process is replaced.
_REQUESTS_OF_CPU: Final = 4
# Between requests the process waits for the next one. How long it does nothing is watched for each request.
_WAITS_SECONDS: Final = 24 * 60 * 60


def limits_of_process(limits: Limits) -> Limits:
    """Return the limits of a process whose requests have these limits: all the same, but more time."""
    cpu_seconds = _REQUESTS_OF_CPU * limits.cpu_seconds
    return dataclasses.replace(limits, cpu_seconds=cpu_seconds, idle_seconds=_WAITS_SECONDS)


class EvaluatorStreams(ProcessStreams[Outlet]):
    """The streams of one evaluator.

    Args:
        stack: closes the descriptors.
        group: the control group that the process joins.
    """

    def __init__(self, stack: contextlib.ExitStack, group: JobGroup) -> None:
        super().__init__(Outlet(), stack, group)
        self._requests = 0
        self._charged = 0.0

    def is_idle(self) -> bool:
        """Return whether the process waits for a request; it does not if it has ended, or wrote unasked."""
        poll = select.poll()
        for descriptor in (self._result, self._status.fileno()):
            if descriptor not in self._sources:
                return False
            poll.register(descriptor, select.POLLIN)
        return not self._kill_requested and (not self._requests or not poll.poll(0))

    def ask(self, job: Job) -> Reply:
        """Send one request and return its reply.

        The ending of a request that was answered says what the request has used, and that the process exited;
        its memory is not measured.

        Args:
            job: the request, and its own limits.

        Returns:
            The reply; without an ending if the supervisor was lost.

        Raises:
            RunnerError: this machine is too busy to run the process.
        """
        reply, started = Reply(), time.monotonic()
        self._forget_what_was_read()
        limit = wire.encode(protocol.request_message(CpuLimit(job.limits.cpu_seconds)))
        self._outlet.send(limit + job.encoded[0], self._requests)
        self._requests += 1
        late = self._exchange_within(reply, job.limits)
        reply.outcomes = [dataclasses.replace(outcome, step=job.first_step) for outcome in reply.outcomes]
        reply.ending = self._ending(job.limits, time.monotonic() - started, late)
        return reply

    def close(self) -> None:
        """End the process, and wait until its supervisor has reported that."""
        self._kill()
        self._outlet.close()
        self._exchange(Reply(), time.monotonic() + GRACE_SECONDS)

    def _has_all(self, reply: Reply) -> bool:
        return bool(reply.outcomes) and self._handle is not None and not self._kill_requested

    def _answered(self, _: protocol.Outcome) -> None:
        self._outlet.settle()

    def _ending(self, limits: Limits, wall_seconds: float, late: bool) -> Ending | None:
        """Return how a request ended, and charge it what the process has used since the one before."""
        total = self._used()
        if total is None:
            return None
        cpu_seconds, self._charged = total - self._charged, total
        if self._report is None:
            return Ending(EndKind.EXITED, 0, cpu_seconds, wall_seconds, 0, self._waited(wall_seconds))
        reason = "wall" if late else self._report["reason"]
        kind = self._kind_of_end(self._report, reason, is_spent(cpu_seconds, limits))
        peak = self._report["peak_bytes"]
        return Ending(kind, self._report["exit"], cpu_seconds, wall_seconds, peak, self._waited(wall_seconds))

    def _used(self) -> float | None:
        """Return the processor time of the process; None if its supervisor was lost."""
        if self._report is None and self._handle is not None:
            used = cpu_seconds_of(self._handle)
            if used is not None:
                return used
        self._exchange(
            Reply(), time.monotonic() + GRACE_SECONDS
        )  # the process has ended: wait for the report
        return None if self._report is None else float(self._report["cpu_seconds"])
