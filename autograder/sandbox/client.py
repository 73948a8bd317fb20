"""The Linux sandbox as a runner: start a zygote, give it jobs, collect what they claim."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final, Self

from autograder.sandbox.cgroup import job_group
from autograder.sandbox.runner import EndKind, Job, Reply, RunnerError
from autograder.sandbox.scratch import scratch_folder
from autograder.sandbox.streams import JobStreams
from autograder.sandbox.tier import Tier
from autograder.sandbox.visible import SCRATCH, VisiblePaths

TENSORFLOW: Final = ("numpy", "tensorflow", "keras")
_MESSAGE_LIMIT: Final = 1 << 16
_START_SECONDS: Final = 120
_MAX_WORDS: Final = 2000
_ZYGOTE_ENVIRONMENT: Final = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",
    "OMP_NUM_THREADS": "1",  # a second thread before the fork would be lost after it
    "OPENBLAS_NUM_THREADS": "1",
}


class ZygoteError(RunnerError):
    """The zygote could not start or was lost."""


class Zygote:
    """A warm, confined process that forks one confined job at a time.

    The kernel ends it with the thread that started it, so a thread that only starts it is no use.

    Args:
        visible: what its jail shows.
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
        settings = {"tier": tier, "visible": visible.to_json(), "preload": preload, "scratch": self._scratch}
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
            streams = JobStreams(job, stack, stack.enter_context(job_group(self._group, job.limits)))
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
