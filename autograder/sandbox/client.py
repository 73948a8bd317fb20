"""The Linux sandbox as a runner: start a zygote, send it jobs, collect their replies."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Self

from autograder.sandbox.cgroup import job_group
from autograder.sandbox.evaluator_streams import EvaluatorStreams, limits_of_process
from autograder.sandbox.limits import Limits
from autograder.sandbox.runner import EndKind, Job, Reply, RunnerError
from autograder.sandbox.scratch import scratch_folder
from autograder.sandbox.streams import JobStreams, ProcessStreams
from autograder.sandbox.tier import Tier
from autograder.sandbox.visible import SCRATCH, VisiblePaths

TENSORFLOW: Final = ("numpy", "tensorflow", "keras")
_MESSAGE_LIMIT: Final = 1 << 16
_START_SECONDS: Final = 120
_MAX_OUTPUT: Final = 2000
_ZYGOTE_ENVIRONMENT: Final = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",
    "OMP_NUM_THREADS": "1",  # a forked process has only the thread that called fork
    "OPENBLAS_NUM_THREADS": "1",
}


class ZygoteError(RunnerError):
    """The zygote could not start or was lost."""


class ZygoteEvaluator:
    """An evaluator of a zygote, see `autograder.sandbox.runner.Evaluator`.

    Args:
        streams: its streams.
        stack: releases what the process needs.
        checked: raises `ZygoteError` for a reply that is the grader's fault.
    """

    def __init__(
        self, streams: EvaluatorStreams, stack: contextlib.ExitStack, checked: Callable[[Reply], Reply]
    ) -> None:
        self._streams = streams
        self._stack = stack
        self._checked = checked

    def is_idle(self) -> bool:
        """Return whether the process can be asked."""
        return self._streams.is_idle()

    def ask(self, job: Job) -> Reply:
        """Answer one request.

        Raises:
            ZygoteError: the process was lost or could not be set up; start another zygote.
            wire.WireError: the job's content cannot be sent (a fault of the grader, not of the student).
        """
        return self._checked(self._streams.ask(job))

    def close(self) -> None:
        """End the process."""
        with self._stack:
            self._streams.close()


class Zygote:
    """A warm, confined process that forks confined jobs, and evaluators that answer many requests.

    The kernel kills the zygote when the thread that started it ends: start it in a thread that lives on.

    Args:
        visible: the paths that student code may read.
        tier: how the zygote and its jobs are confined.
        preload: modules to import before the first job.
        scratch: folder in which the folder for jobs is made, at tiers without mounts; the system's temporary
            folder if none is given.
        group: a delegated control group, below which each job gets its own.

    Raises:
        ZygoteError: the zygote did not start; the message says why.
    """

    def __init__(
        self,
        visible: VisiblePaths,
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
        self._control, zygote_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-B", "-m", "autograder.sandbox.zygote"],
            stdin=zygote_end.fileno(),
            stdout=self._errors,
            stderr=self._errors,
            env=_ZYGOTE_ENVIRONMENT,
            cwd="/",
            start_new_session=True,  # Ctrl-C and a notebook's stop button are for the grader only
        )
        zygote_end.close()
        settings = {"tier": tier, "visible": visible.to_json(), "preload": preload, "scratch": self._scratch}
        try:
            self._control.send(json.dumps(settings).encode())
            self.facts = self._receive_facts()
        except BaseException:  # Ctrl-C too: it would not notice the closed socket before it has imported
            self._process.kill()
            self.close()
            raise

    def _receive_facts(self) -> dict[str, Any]:
        """Wait until the zygote is ready; return what it reports about itself."""
        self._control.settimeout(_START_SECONDS)
        try:
            message = self._control.recv(_MESSAGE_LIMIT)
        except TimeoutError as error:
            raise ZygoteError(f"The sandbox did not start within {_START_SECONDS} s.") from error
        self._control.settimeout(None)
        facts: dict[str, Any] = json.loads(message) if message else {"error": self._end_of_output()}
        if "error" in facts:
            raise ZygoteError(f"The sandbox did not start: {facts['error']}")
        return facts

    def _end_of_output(self, since: int = 0) -> str:
        """Return the end of what the zygote and its supervisors printed; the last line, the cause, is first.

        It holds nothing that student code printed: the process of a job has no descriptor of this file.
        """
        start = max(since, self._printed() - _MAX_OUTPUT)
        # pread, because a seek would move the position at which the zygote writes.
        output = os.pread(self._errors.fileno(), _MAX_OUTPUT, start).decode("utf-8", "replace").strip()
        cause = output.rpartition("\n")[2]
        return f"{cause} ({output})" if cause != output else output or "it ended without a message"

    def _printed(self) -> int:
        """Return how many bytes the zygote and its supervisors have printed."""
        return os.fstat(self._errors.fileno()).st_size

    def run(self, job: Job) -> Reply:
        """Run one job to its end.

        Raises:
            ZygoteError: the zygote has ended, or the job could not be set up; start another zygote.
            wire.WireError: the job's content cannot be sent (a fault of the grader, not of the student).
        """
        before = self._printed()
        with contextlib.ExitStack() as stack:
            streams = JobStreams(job, stack, stack.enter_context(job_group(self._group, job.limits)))
            self._start(job.role, job.limits, streams, stack)
            reply = streams.collect(job.limits)
        return self._checked(reply, before)

    def open_evaluator(self, limits: Limits) -> ZygoteEvaluator:
        """Start an evaluator that answers many requests.

        Args:
            limits: the limits of each request.

        Raises:
            ZygoteError: the zygote has ended.
        """
        before, of_process = self._printed(), limits_of_process(limits)
        with contextlib.ExitStack() as stack:
            streams = EvaluatorStreams(stack, stack.enter_context(job_group(self._group, of_process)))
            self._start("evaluator", of_process, streams, stack)
            return ZygoteEvaluator(streams, stack.pop_all(), lambda reply: self._checked(reply, before))

    def _start(
        self, role: str, limits: Limits, streams: ProcessStreams[Any], stack: contextlib.ExitStack
    ) -> None:
        """Let the zygote start a confined process.

        Raises:
            ZygoteError: the zygote has ended.
        """
        scratch = self._scratch
        if self._tier is not Tier.NAMESPACES:
            scratch = stack.enter_context(scratch_folder(scratch, owner=self._job_owner()))
        request = {"role": role, "limits": limits.to_json(), "scratch": scratch}
        try:
            socket.send_fds(self._control, [json.dumps(request).encode()], streams.job_ends)
        except OSError as error:
            raise ZygoteError(f"The sandbox is gone: {self._end_of_output()}") from error
        streams.close_job_ends()

    def _checked(self, reply: Reply, before: int) -> Reply:
        """Return a reply.

        Args:
            reply: the reply.
            before: how much the zygote had printed when the process was started.

        Raises:
            ZygoteError: the process was lost, or was not confined.
        """
        if reply.ending is None:
            raise ZygoteError(f"The supervisor of a job was lost: {self._end_of_output(before)}")
        if reply.ending.kind is EndKind.SETUP:  # student code never ran, so only our code wrote the log
            raise ZygoteError(
                f"A job could not be confined: {reply.log[-500:] or self._end_of_output(before)}"
            )
        return reply

    def _job_owner(self) -> int | None:
        """Return the user to whom a job's scratch folder is given; None if that is the grader's own user."""
        user: int = self.facts["user"]
        return None if user == os.geteuid() else user

    def close(self) -> None:
        """End the zygote and all its processes."""
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
