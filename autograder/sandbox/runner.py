"""What runs a student's code, as everything above sees it: a job goes in, a reply comes out.

Plain data and one small interface, on every operating system. The Linux sandbox
(`autograder.sandbox.client.Zygote`) is one runner; others need nothing of it.
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
    """A runner could not start or was lost. A fault of ours, never a student's zero."""


class EndKind(StrEnum):
    """How a job's process ended."""

    EXITED = "exited"
    SIGNAL = "signal"
    CPU = "cpu"
    WALL = "wall"
    MEMORY = "memory"
    DISK = "disk"
    THREADS = "threads"
    FLOOD = "flood"
    UNWATCHED = "unwatched"
    SETUP = "setup"


@dataclass(frozen=True, slots=True)
class Ending:
    """How a job's process ended, as its supervisor saw it: none of this is the student's claim."""

    kind: EndKind
    code: int
    cpu_seconds: float
    wall_seconds: float
    peak_bytes: int


@dataclass(frozen=True)
class Job:
    """One job: a process that gets a request, and then one step after another.

    Attributes:
        request: a `Setup` for a worker, which runs student code; any other for an evaluator, which runs a
            student's model.
        limits: what it may use.
        steps: what a worker does after the import.
    """

    request: Request
    limits: Limits
    steps: tuple[Step, ...] = ()

    @property
    def role(self) -> Literal["worker", "evaluator"]:
        """Who does it."""
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
        """A digest of the whole content that is equal for equal jobs."""
        content = hashlib.sha256(f"{self.role} {self.limits} ".encode())
        for message in self.encoded:
            content.update(message)
        return content.hexdigest()


@dataclass(slots=True)
class Reply:
    """What became of a job.

    Attributes:
        outcomes: what its process said, checked for form, in the order of the steps.
        ending: how the process ended.
        log: what it printed, capped; for staff only.
        malformed: why the stream of outcomes was cut short, empty when it was not.
        start_seconds: from sending the job to hearing that its process exists.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    ending: Ending | None = None
    log: str = ""
    malformed: str = ""
    start_seconds: float = 0.0


class Runner(Protocol):
    """Runs jobs."""

    def run(self, job: Job) -> Reply:
        """Run one job to its end.

        Raises:
            RunnerError: the runner is lost, or the job could not be set up; try another runner.
            wire.WireError: the job's content cannot be sent (a fault of ours, not the student's).
        """
        ...
