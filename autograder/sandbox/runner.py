"""The interface of everything that runs student code: a runner takes a job and returns a reply.

Jobs and replies are plain data, on every operating system. The Linux sandbox
(`autograder.sandbox.client.Zygote`) is one runner; other runners do not need it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Literal, Protocol

from autograder.sandbox import wire
from autograder.sandbox.limits import Limits
from autograder.sandbox.protocol import IMPORT, Outcome, Request, Setup, Step, request_message


class RunnerError(RuntimeError):
    """A runner could not start, or ended too early: a fault of the grader, never a zero for the student."""


class EndKind(StrEnum):
    """How a job's process ended."""

    EXITED = "exited"
    SIGNAL = "signal"
    CPU = "cpu"
    IDLE = "wall"
    """It did nothing for too long, see `autograder.sandbox.pace`."""
    MEMORY = "memory"
    DISK = "disk"
    THREADS = "threads"
    FLOOD = "flood"
    UNWATCHED = "unwatched"
    BUDGET = "budget"
    SETUP = "setup"


@dataclass(frozen=True, slots=True)
class Ending:
    """How a job's process ended. The supervisor measured it, so student code cannot forge it.

    Attributes:
        kind: how it ended.
        code: exit code, or the negative number of the signal.
        cpu_seconds: processor time used, in seconds.
        wall_seconds: time from start to end, in seconds.
        peak_bytes: the largest resident memory seen, in bytes; 0 if the process runs on, see `Evaluator`.
        waited_seconds: the part of the wall time in which the process could not compute, in seconds: the time
            before it existed, in which it waited for a core, or in which the machine was suspended.
    """

    kind: EndKind
    code: int
    cpu_seconds: float
    wall_seconds: float
    peak_bytes: int
    waited_seconds: float = 0.0


@dataclass(frozen=True)
class Job:
    """One job: a process that gets a request, and then one step after another.

    Attributes:
        request: a `Setup` for a worker, which runs student code; another request for an evaluator, which runs
            a student's model.
        limits: what the process may use.
        steps: what a worker does after the import.
        training: whether it trains, and so gets the limit of a training.
    """

    request: Request
    limits: Limits
    steps: tuple[Step, ...] = ()
    training: bool = False

    @property
    def role(self) -> Literal["worker", "evaluator"]:
        """Which kind of process runs the job."""
        return "worker" if isinstance(self.request, Setup) else "evaluator"

    @property
    def first_step(self) -> int:
        """The number of the first outcome."""
        return IMPORT if isinstance(self.request, Setup) else 0

    @cached_property
    def encoded(self) -> tuple[bytes, ...]:
        """The request and the steps, each as one message. Raises `wire.WireError` when one cannot be sent."""
        return tuple(wire.encode(request_message(part)) for part in (self.request, *self.steps))

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the work and the limits, in hexadecimal; equal jobs have equal digests."""
        return hashlib.sha256(f"{self.limits} {self.work}".encode()).hexdigest()

    @cached_property
    def work(self) -> str:
        """SHA-256 of role and messages, in hexadecimal: what the process does, whatever its limits."""
        content = hashlib.sha256(f"{self.role} ".encode())
        for message in self.encoded:
            content.update(message)
        return content.hexdigest()


@dataclass(slots=True)
class Reply:
    """The result of a job.

    Attributes:
        outcomes: the answers of the process, in the order of the steps; only their form has been checked.
        ending: how the process ended; None if its supervisor was lost.
        log: the first part of what the process printed; for staff only.
        malformed: why the rest of the outcomes was rejected; None if all were valid.
        start_seconds: seconds from sending the job until its process exists.
        note: why the job was not run, or was cut short, if its ending is ``budget``.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    ending: Ending | None = None
    log: str = ""
    malformed: str | None = None
    start_seconds: float = 0.0
    note: str = ""


class Runner(Protocol):
    """Runs jobs."""

    def run(self, job: Job) -> Reply:
        """Run one job to its end.

        Raises:
            RunnerError: the runner has ended, or the job could not be set up; try another runner.
            wire.WireError: the job's content cannot be sent (a fault of the grader, not of the student).
        """
        ...


class Evaluator(Protocol):
    """A process that answers the requests of an evaluator one after the other."""

    def is_idle(self) -> bool:
        """Return whether the process can be asked; otherwise close it."""
        ...

    def ask(self, job: Job) -> Reply:
        """Answer one request, within the limits of its job.

        Returns:
            The reply. What the job used is what this request used; if the process runs on, its ending says
            that it exited.

        Raises:
            RunnerError: the process was lost, or could not be set up.
            wire.WireError: the job's content cannot be sent.
        """
        ...

    def close(self) -> None:
        """End the process."""
        ...


class EvaluatorHost(Runner, Protocol):
    """A runner that can also keep a process for many requests of evaluators."""

    def open_evaluator(self, limits: Limits) -> Evaluator:
        """Start such a process.

        Args:
            limits: the limits of each request.

        Raises:
            RunnerError: it did not start.
        """
        ...


class LocalRunner(EvaluatorHost, Protocol):
    """A runner with processes of its own on this machine."""

    def close(self) -> None:
        """End these processes."""
        ...
