"""One evaluator for many networks: a runner that keeps the process which rebuilds and runs networks.

A fresh process for each request costs 0.1 to 0.4 CPU-seconds: starting it, building the network, its first
operations, and compiling it. A kept process pays once for networks of the same configuration.

Networks of a submission and networks of ours never share a process, so use one `SharedEvaluator` for each: a
network that takes over its process could change what the others answer.
"""

from __future__ import annotations

import dataclasses
from typing import Self

from autograder.sandbox.limits import Limits
from autograder.sandbox.protocol import Raised
from autograder.sandbox.runner import Ending, EndKind, Evaluator, EvaluatorHost, Job, Reply


class SharedEvaluator:
    """A runner that sends all requests of evaluators to one process, and other jobs to ``host``.

    The process starts with the first request. If a network ends it, the request gets that ending, and the
    next request gets a fresh process. The answers are those of a fresh process for each request. A request
    that fails in a process which has answered others is tried once in a fresh one, because the others may be
    the cause, for example through the memory that they use.

    Args:
        host: runs the workers, and starts the evaluator.
    """

    def __init__(self, host: EvaluatorHost) -> None:
        self._host = host
        self._evaluator: Evaluator | None = None
        self._limits = Limits()

    def run(self, job: Job) -> Reply:
        """Run one job to its end, see `autograder.sandbox.runner.Runner`."""
        if job.role == "worker":
            return self._host.run(job)
        if self._evaluator is not None and job.limits == self._limits and self._evaluator.is_idle():
            reply = self._ask(self._evaluator, job)
            return reply if _is_settled(reply) else _after(reply, self._ask(self._start(job), job))
        return self._ask(self._start(job), job)

    def _start(self, job: Job) -> Evaluator:
        """Start a fresh process in place of the one before."""
        self.close()
        self._limits = job.limits
        self._evaluator = self._host.open_evaluator(job.limits)
        return self._evaluator

    def _ask(self, evaluator: Evaluator, job: Job) -> Reply:
        """Ask the process; after a fault of the grader, end it."""
        try:
            return evaluator.ask(job)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the process, if it runs."""
        evaluator, self._evaluator = self._evaluator, None
        if evaluator is not None:
            evaluator.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _is_settled(reply: Reply) -> bool:
    """Return whether a fresh process would give the same reply, whatever this one was used for before."""
    if reply.malformed is not None:  # too large, usually
        return True
    if reply.outcomes:
        return not isinstance(reply.outcomes[-1], Raised)  # an exception may come from a lack of memory
    match reply.ending:
        case Ending(kind=EndKind.CPU | EndKind.FLOOD | EndKind.IDLE):  # they are counted for each request
            return True
    return False


def _after(failed: Reply, reply: Reply) -> Reply:
    """Return the reply of a second attempt, with the time and the log of both."""
    reply.log = failed.log + reply.log
    if failed.ending is not None and reply.ending is not None:
        reply.ending = dataclasses.replace(
            reply.ending,
            cpu_seconds=failed.ending.cpu_seconds + reply.ending.cpu_seconds,
            wall_seconds=failed.ending.wall_seconds + reply.ending.wall_seconds,
            waited_seconds=failed.ending.waited_seconds + reply.ending.waited_seconds,
        )
    return reply
