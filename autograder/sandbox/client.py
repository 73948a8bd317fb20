"""The grader's side of the jail: start a zygote, give it jobs, collect what they claim."""

from __future__ import annotations

import contextlib
import fcntl
import functools
import hashlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Literal, Self

from autograder.sandbox import wire
from autograder.sandbox.cgroup import JobGroup, job_group
from autograder.sandbox.jail import SCRATCH, Walls
from autograder.sandbox.limits import Limits
from autograder.sandbox.scratch import scratch_folder
from autograder.sandbox.tier import Tier

TENSORFLOW: Final = ("numpy", "tensorflow", "keras")
_MESSAGE_LIMIT: Final = 1 << 16
_START_SECONDS: Final = 120
_LATE_SECONDS: Final = 3
_MAX_WORDS: Final = 2000
_MAX_LOG: Final = 64 << 10
_MAX_LOG_FLOOD: Final = 64 << 20
_ADD_SEALS: Final = 1033
_ALL_SEALS: Final = 0xF
_ZYGOTE_ENVIRONMENT: Final = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",
    "OMP_NUM_THREADS": "1",  # a second thread before the fork would be lost after it
    "OPENBLAS_NUM_THREADS": "1",
}


class ZygoteError(RuntimeError):
    """The zygote could not start or was lost. Ours to mend, never a student's zero."""


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
    """One job.

    Attributes:
        role: ``worker`` runs student code, ``evaluator`` a student's model.
        content: what the role's ``main`` documents.
        limits: what it may use.
    """

    role: Literal["worker", "evaluator"]
    content: dict[str, Any]
    limits: Limits

    @functools.cached_property
    def encoded(self) -> bytes:
        """The content as one message. Raises `wire.WireError` when it cannot be sent."""
        return wire.encode(self.content)

    @functools.cached_property
    def digest(self) -> str:
        """A digest that is equal for equal jobs."""
        return hashlib.sha256(f"{self.role} {self.limits} ".encode() + self.encoded).hexdigest()


@dataclass(slots=True)
class Reply:
    """What a job sent, decoded and checked for form, in the order of its steps.

    Attributes:
        messages: one dictionary a step, each with ``step`` and ``outcome``.
        ending: how the process ended.
        log: what it printed, capped; for staff only.
        malformed: why the stream of messages was cut short, empty when it was not.
        start_seconds: from sending the job to hearing that its process exists.
    """

    messages: list[dict[str, Any]] = field(default_factory=list)
    ending: Ending | None = None
    log: str = ""
    malformed: str = ""
    start_seconds: float = 0.0


class Zygote:
    """A warm, confined process that forks one confined job at a time.

    The kernel ends it with the thread that started it, so a thread that only starts it is no use.

    Args:
        walls: what its jail shows.
        tier: how it is confined.
        preload: modules to import before the first job.
        scratch: where it makes its folder for jobs, at tiers without mounts; the system's temporary folder
            when it is not given.
        group: a delegated control group, for groups of its jobs.

    Raises:
        ZygoteError: it did not start; the message says why.
    """

    def __init__(
        self,
        walls: Walls,
        tier: Tier,
        preload: tuple[str, ...] = TENSORFLOW,
        scratch: str | None = None,
        group: Path | None = None,
    ) -> None:
        self._group = group
        self._cleanup = contextlib.ExitStack()
        self._scratch = (
            SCRATCH if tier is Tier.NAMESPACES else self._cleanup.enter_context(scratch_folder(scratch))
        )
        self._tier = tier
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the zygote
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-B", "-m", "autograder.sandbox.zygote"],
            stdin=theirs.fileno(),
            stdout=self._errors,
            stderr=self._errors,
            env=_ZYGOTE_ENVIRONMENT,
            cwd="/",
            start_new_session=True,  # Ctrl-C, and a notebook's stop button, are for us; we end it
        )
        theirs.close()
        settings = {"tier": tier, "walls": walls.to_json(), "preload": preload, "scratch": self._scratch}
        try:
            self._control.send(json.dumps(settings).encode())
            self.facts = self._hear_facts()
        except BaseException:
            self.close()
            raise

    def _hear_facts(self) -> dict[str, Any]:
        """Wait until the zygote is ready."""
        self._control.settimeout(_START_SECONDS)
        try:
            message = self._control.recv(_MESSAGE_LIMIT)
        except TimeoutError as error:
            raise ZygoteError(f"The sandbox did not start within {_START_SECONDS} s.") from error
        self._control.settimeout(None)
        facts: dict[str, Any] = json.loads(message) if message else {"error": self._last_words()}
        if "error" in facts:
            raise ZygoteError(f"The sandbox did not start: {facts['error']}")
        return facts

    def _last_words(self, since: int = 0) -> str:
        """Return the end of what the zygote and its supervisors printed; the last line, the cause, first.

        Nothing of a student's code is in it: a job's own process has no descriptor of this file.
        """
        start = max(since, self._printed() - _MAX_WORDS)
        # At a place of its own: the zygote writes where this descriptor stands.
        words = os.pread(self._errors.fileno(), _MAX_WORDS, start).decode("utf-8", "replace").strip()
        cause = words.rpartition("\n")[2]
        return f"{cause} ({words})" if cause != words else words or "it ended without a word"

    def _printed(self) -> int:
        """Return how much the zygote and its supervisors have printed."""
        return os.fstat(self._errors.fileno()).st_size

    def run(self, job: Job) -> Reply:
        """Run one job to its end.

        Raises:
            ZygoteError: the zygote is lost, or a job could not be set up; start another one.
            wire.WireError: the job's content cannot be sent (ours, not the student's).
        """
        before = self._printed()
        with contextlib.ExitStack() as stack:
            streams = _Streams(job, stack, stack.enter_context(job_group(self._group, job.limits)))
            scratch = self._scratch
            if self._tier is not Tier.NAMESPACES:
                scratch = stack.enter_context(scratch_folder(scratch, owner=self._job_owner()))
            request = {"role": job.role, "limits": job.limits.to_json(), "scratch": scratch}
            try:
                socket.send_fds(self._control, [json.dumps(request).encode()], streams.theirs)
            except OSError as error:
                raise ZygoteError(f"The sandbox is gone: {self._last_words()}") from error
            streams.close_theirs()
            reply = streams.collect(job.limits)
        if reply.ending is None:
            raise ZygoteError(f"The supervisor of a job was lost: {self._last_words(before)}")
        if reply.ending.kind is EndKind.SETUP:  # student code never ran, so the log is ours
            raise ZygoteError(f"A job could not be confined: {reply.log[-500:] or self._last_words(before)}")
        return reply

    def _job_owner(self) -> int | None:
        """Return the user who owns a job's scratch folder, where that is not the one who makes it."""
        user: int = self.facts["user"]
        return None if user == os.geteuid() else user

    def close(self) -> None:
        """End the zygote and everything in its jail."""
        self._control.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.close()
        self._cleanup.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Streams:
    """The descriptors of one job, and the loop that reads them."""

    def __init__(self, job: Job, stack: contextlib.ExitStack, group: JobGroup) -> None:
        self._group = group
        self._started = time.monotonic()
        source = _sealed(job.encoded)
        self._handle: int | None = None
        result_read, result_write = os.pipe()
        log_read, log_write = os.pipe()
        self._status, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        stack.callback(self._close_ours, result_read, log_read)
        self._result, self._log = result_read, log_read
        self.theirs = [source, result_write, log_write, theirs.detach()]
        stack.callback(self.close_theirs)
        self._buffer = wire.MessageBuffer()
        # A worker's first message, -1, is about the import.
        self._steps = iter(range(-1, len(job.content["steps"])) if job.role == "worker" else (0,))
        self._logged = 0
        self._log_bytes = bytearray()
        self._killed_for_flood = False
        self._condemned = False
        self._report: dict[str, Any] | None = None

    def close_theirs(self) -> None:
        """Close the ends that the job now has."""
        while self.theirs:
            os.close(self.theirs.pop())

    def _close_ours(self, *descriptors: int) -> None:
        for descriptor in (*descriptors, *((self._handle,) if self._handle is not None else ())):
            os.close(descriptor)
        self._status.close()

    def collect(self, limits: Limits) -> Reply:
        """Read results, log and status until all three are closed, or the supervisor is late."""
        reply = Reply()
        deadline = self._started + limits.wall_seconds + _LATE_SECONDS
        poll = select.poll()
        sources = {
            self._result: self._take_result,
            self._log: self._take_log,
            self._status.fileno(): self._take_status,
        }
        for descriptor in sources:
            poll.register(descriptor, select.POLLIN)
        while sources:
            for descriptor, _ in poll.poll(200):
                if not sources[descriptor](reply):
                    poll.unregister(descriptor)
                    del sources[descriptor]
            if time.monotonic() > deadline:
                self._kill()
                if time.monotonic() > deadline + _LATE_SECONDS:
                    break
        reply.log = self._log_bytes.decode("utf-8", "replace")
        reply.ending = self._ending(limits)
        return reply

    def _take_result(self, reply: Reply) -> bool:
        """Take a chunk of results; False at the end."""
        chunk = os.read(self._result, 1 << 20)
        if chunk and not reply.malformed:
            try:
                for whole in self._buffer.feed(chunk):
                    reply.messages.append(_checked_message(wire.decode(whole), next(self._steps, None)))
            except wire.WireError as error:
                reply.malformed = str(error)
                self._kill()
        return bool(chunk)

    def _take_log(self, _: Reply) -> bool:
        """Take a chunk of what was printed; False at the end."""
        chunk = os.read(self._log, 1 << 20)
        self._logged += len(chunk)
        self._log_bytes += chunk[: max(0, _MAX_LOG - len(self._log_bytes))]
        if self._logged > _MAX_LOG_FLOOD and not self._killed_for_flood:
            self._killed_for_flood = True
            self._kill()
        return bool(chunk)

    def _take_status(self, reply: Reply) -> bool:
        """Take a word from the supervisor; False at the end."""
        message, descriptors, _, _ = socket.recv_fds(self._status, _MESSAGE_LIMIT, 1)
        if descriptors:
            self._handle = descriptors[0]
            self._group.add(self._handle)
            reply.start_seconds = time.monotonic() - self._started
            if self._condemned:
                self._kill()
        elif message:
            self._report = json.loads(message)
        return bool(message)

    def _kill(self) -> None:
        """Kill the confined process through its handle, which can never mean another process.

        On a busy machine its first words may be here before the handle is; then it is killed when that comes.
        """
        self._condemned = True
        if self._handle is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)

    def _ending(self, limits: Limits) -> Ending | None:
        """Name the way the process ended."""
        if self._report is None:
            return None
        code, cpu, reason = (self._report[key] for key in ("exit", "cpu_seconds", "reason"))
        spent = cpu >= limits.cpu_seconds - 0.5  # the kernel counts ticks, and this the exact time
        kind = EndKind.SIGNAL if code < 0 else EndKind.EXITED
        if reason:  # a busy machine may reach the wall before the kernel stops a loop
            kind = EndKind.CPU if reason == "wall" and spent else EndKind(reason)
        elif not self._report["confined"]:
            kind = EndKind.SETUP
        elif code == -signal.SIGKILL and self._group.out_of_memory():
            kind = EndKind.MEMORY
        elif self._killed_for_flood:
            kind = EndKind.FLOOD
        elif code in (-signal.SIGXCPU, -signal.SIGKILL) and spent:
            kind = EndKind.CPU
        return Ending(kind, code, cpu, self._report["wall_seconds"], self._report["peak_bytes"])


def _sealed(content: bytes) -> int:
    """Return a descriptor of memory with this content that nobody can change any more."""
    descriptor = os.memfd_create("job", os.MFD_ALLOW_SEALING | os.MFD_CLOEXEC)
    with open(descriptor, "wb", closefd=False) as file:
        file.write(content)
    fcntl.fcntl(descriptor, _ADD_SEALS, _ALL_SEALS)
    return descriptor


def _checked_message(message: Any, step: int | None) -> dict[str, Any]:
    """Return the next step's message, which has to be a dictionary with that step and an outcome."""
    match message:
        case {"step": int(number), "outcome": "returned" | "refused" | "raised" | "missing"}:
            if number != step:
                raise wire.WireError("a message out of turn")
            return dict(message)
    raise wire.WireError("a message without step and outcome")
