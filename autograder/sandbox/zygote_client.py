"""The grader's end of a zygote: send it jobs, collect their replies."""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Self

from autograder.sandbox.cgroup import job_group
from autograder.sandbox.evaluator_streams import EvaluatorStreams, limits_of_process
from autograder.sandbox.limits import Limits
from autograder.sandbox.processes import MESSAGE_LIMIT
from autograder.sandbox.runner import EndKind, Job, Reply, RunnerError
from autograder.sandbox.scratch import scratch_folder
from autograder.sandbox.streams import JobStreams, ProcessStreams
from autograder.sandbox.tier import Tier

_MAX_OUTPUT: Final = 2000


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


class ZygoteClient:
    """The grader's end of a zygote: it lets the zygote fork confined jobs, and evaluators for many requests.

    Args:
        control: the socket to the zygote.
        errors: descriptor of the file to which the zygote and its supervisors print.
        facts: what the zygote reported about itself.
        tier: how jobs are confined.
        scratch: the folder for jobs; at tiers without mounts each job gets a folder in it.
        group: a delegated control group, below which each job gets its own.
    """

    def __init__(  # noqa: PLR0913 - the parts of a connection
        self,
        control: socket.socket,
        errors: int,
        facts: dict[str, Any],
        *,
        tier: Tier,
        scratch: str,
        group: Path | None,
    ) -> None:
        self._control = control
        self._errors = errors
        self.facts = facts
        self._tier = tier
        self._scratch = scratch
        self._group = group

    def _end_of_output(self, since: int = 0) -> str:
        """Return the end of what the zygote and its supervisors printed; the last line, the cause, is first.

        It holds nothing that student code printed: the process of a job has no descriptor of this file.
        """
        start = max(since, self._printed() - _MAX_OUTPUT)
        # pread, because a seek would move the position at which the zygote writes.
        output = os.pread(self._errors, _MAX_OUTPUT, start).decode("utf-8", "replace").strip()
        cause = output.rpartition("\n")[2]
        return f"{cause} ({output})" if cause != output else output or "it ended without a message"

    def _printed(self) -> int:
        """Return how many bytes the zygote and its supervisors have printed."""
        return os.fstat(self._errors).st_size

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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class BorrowedZygote(ZygoteClient):
    """A copy of a zygote that another process has started, see `Zygote.lend`.

    Args:
        connection: a socket to that process.
        group: a delegated control group, below which each job gets its own.

    Raises:
        ZygoteError: the process sent why there is no zygote, or has ended.
    """

    def __init__(self, connection: socket.socket, group: Path | None) -> None:
        message, descriptors, _, _ = socket.recv_fds(connection, MESSAGE_LIMIT, 2)
        lent: dict[str, Any] = json.loads(message) if message else {"error": "The grader has ended."}
        if "error" in lent:
            raise ZygoteError(lent["error"])
        control, errors = descriptors
        super().__init__(
            socket.socket(fileno=control),
            errors,
            lent["facts"],
            tier=Tier(lent["tier"]),
            scratch=lent["scratch"],
            group=group,
        )

    def close(self) -> None:
        """End the copy and all its processes."""
        super().close()
        os.close(self._errors)
