"""The pipes of one job, in the grader: messages go out, outcomes, log and status come in.

A message is sent only after the message before it was answered. No call here blocks on the job: a process
that does not read, does not answer or writes without end is stopped by a limit.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import select
import signal
import socket
import time
from collections import deque
from collections.abc import Sequence
from typing import Any, Final

from autograder.sandbox import protocol, wire
from autograder.sandbox.cgroup import JobGroup
from autograder.sandbox.limits import Limits
from autograder.sandbox.runner import Ending, EndKind, Job, Reply

_MESSAGE_LIMIT: Final = 1 << 16
_GRACE_SECONDS: Final = 3
_MAX_LOG: Final = 64 << 10
_MAX_LOG_FLOOD: Final = 64 << 20
_PIPE_BYTES: Final = 1 << 20
_CHUNK: Final = 1 << 16  # the content of a pipe; a larger read would allocate memory that stays unused
# The kernel's limit counts ticks, but the report has the exact time: on a busy virtual machine 20 seconds by
# ticks were 18.86 exact seconds.
_MIN_SPENT: Final = 0.85


class Delivery:
    """Sends a job's messages through a pipe, each after the answer to the message before.

    Args:
        messages: the request and the steps, encoded.
        first_step: number of the outcome that answers the request.

    Attributes:
        job_end: descriptor of the pipe's end from which the job reads.
    """

    def __init__(self, messages: Sequence[bytes], first_step: int) -> None:
        self._later = deque(messages)
        self._now = memoryview(b"")
        self._numbers = itertools.count(first_step)
        self._step: int | None = None
        self.job_end, self._descriptor = os.pipe()
        os.set_blocking(self._descriptor, False)
        _enlarge(self._descriptor)

    def due(self) -> int | None:
        """Return the step that has to be answered now; None if its message is not fully sent yet."""
        return None if self._now or self._descriptor < 0 else self._step

    def next(self) -> None:
        """Begin to send the next message; after the last one, close the pipe."""
        if not self._later:
            return self.close()
        self._now = memoryview(self._later.popleft())
        self._step = next(self._numbers)
        return self.write()

    def write(self) -> None:
        """Write as much of the message as the pipe takes now."""
        try:
            while self._now:
                self._now = self._now[os.write(self._descriptor, self._now) :]
        except BlockingIOError:
            pass
        except BrokenPipeError:  # the job ended, or closed its end
            self.close()

    @property
    def waiting(self) -> int | None:
        """The descriptor to poll for room, if a part of a message is not written yet."""
        return self._descriptor if self._now else None

    def close(self) -> None:
        """Close the pipe and drop the messages that were not sent."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1
        self._now = memoryview(b"")
        self._later.clear()


def _enlarge(descriptor: int) -> None:
    """Enlarge a pipe, if the kernel allows it: large arrays then need fewer context switches."""
    import fcntl  # noqa: PLC0415 - Linux only, as this class is

    with contextlib.suppress(OSError):
        fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


class JobStreams:
    """The descriptors of one job, and the loop that reads them.

    Args:
        job: the job to send.
        stack: closes the descriptors.
        group: the control group that the job's process joins.

    Attributes:
        job_ends: the descriptors for the supervisor, in the order that `supervisor.run` expects.
    """

    def __init__(self, job: Job, stack: contextlib.ExitStack, group: JobGroup) -> None:
        self._group = group
        self._started = time.monotonic()
        self.job_ends: list[int] = []
        stack.callback(self.close_job_ends)
        self._delivery = Delivery(job.encoded, job.first_step)
        stack.callback(self._delivery.close)
        self.job_ends.append(self._delivery.job_end)
        self._handle: int | None = None
        result_read, result_write = os.pipe()
        log_read, log_write = os.pipe()
        self._status, supervisor_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        stack.callback(self._close_own_ends, result_read, log_read)
        self._result, self._log = result_read, log_read
        self.job_ends += [result_write, log_write, supervisor_end.detach()]
        self._buffer = wire.MessageBuffer()
        self._logged = 0
        self._log_bytes = bytearray()
        self._killed_for_flood = False
        self._kill_requested = False
        self._report: dict[str, Any] | None = None

    def close_job_ends(self) -> None:
        """Close this process's copies of the descriptors that were sent to the supervisor."""
        while self.job_ends:
            os.close(self.job_ends.pop())

    def _close_own_ends(self, *descriptors: int) -> None:
        if self._report is None:  # Ctrl-C: nobody will read the reply
            self._kill()
        for descriptor in (*descriptors, *((self._handle,) if self._handle is not None else ())):
            os.close(descriptor)
        self._status.close()

    def collect(self, limits: Limits) -> Reply:
        """Send messages; read outcomes, log and status until they are closed or the job is too late.

        Args:
            limits: the limits of the job.

        Returns:
            The reply; without an ending if the supervisor did not report one.
        """
        reply = Reply()
        deadline = self._started + limits.wall_seconds + _GRACE_SECONDS
        poll = select.poll()
        sources = {
            self._result: self._read_result,
            self._log: self._read_log,
            self._status.fileno(): self._read_status,
        }
        for descriptor in sources:
            poll.register(descriptor, select.POLLIN)
        self._delivery.next()
        waiting: int | None = None
        while sources:
            waiting = _poll_for_room(poll, waiting, self._delivery.waiting)
            for descriptor, _ in poll.poll(200):
                if descriptor == waiting:
                    self._delivery.write()
                elif not sources[descriptor](reply):
                    poll.unregister(descriptor)
                    del sources[descriptor]
            if time.monotonic() > deadline:
                self._kill()
                if time.monotonic() > deadline + _GRACE_SECONDS:
                    break
        reply.log = self._log_bytes.decode("utf-8", "replace")
        reply.ending = self._ending(limits)
        return reply

    def _read_result(self, reply: Reply) -> bool:
        """Read some bytes of the outcomes; return False at the end of the stream."""
        chunk = os.read(self._result, _CHUNK)
        if not chunk:
            self._delivery.close()
        elif reply.malformed is None:
            try:
                for whole in self._buffer.feed(chunk):
                    outcome = protocol.outcome_from(wire.decode(whole), self._delivery.due())
                    reply.outcomes.append(outcome)
                    self._send_next(outcome)
            except wire.WireError as error:
                reply.malformed = str(error)
                self._delivery.close()
                self._kill()
        return bool(chunk)

    def _send_next(self, outcome: protocol.Outcome) -> None:
        """Send the next message; send no step if the module could not be imported."""
        imported = outcome.step != protocol.IMPORT or isinstance(outcome, protocol.Returned)
        if imported:
            self._delivery.next()
        else:
            self._delivery.close()

    def _read_log(self, _: Reply) -> bool:
        """Read some bytes of the log; return False at the end of the stream."""
        chunk = os.read(self._log, _CHUNK)
        self._logged += len(chunk)
        self._log_bytes += chunk[: max(0, _MAX_LOG - len(self._log_bytes))]
        if self._logged > _MAX_LOG_FLOOD and not self._killed_for_flood:
            self._killed_for_flood = True
            self._kill()
        return bool(chunk)

    def _read_status(self, reply: Reply) -> bool:
        """Read one message of the supervisor; return False at the end of the stream."""
        message, descriptors, _, _ = socket.recv_fds(self._status, _MESSAGE_LIMIT, 1)
        if descriptors:
            self._handle = descriptors[0]
            self._group.add(self._handle)
            reply.start_seconds = time.monotonic() - self._started
            if self._kill_requested:
                self._kill()
        elif message:
            self._report = json.loads(message)
        return bool(message)

    def _kill(self) -> None:
        """Kill the confined process through its pidfd, which can never mean another process.

        On a busy machine the first outcome may arrive before the pidfd. Then the process is killed as soon as
        the pidfd arrives.
        """
        self._kill_requested = True
        if self._handle is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)

    def _ending(self, limits: Limits) -> Ending | None:
        """Return how the process ended, from the supervisor's report; None without a report."""
        if self._report is None:
            return None
        code, cpu, reason = (self._report[key] for key in ("exit", "cpu_seconds", "reason"))
        spent = cpu >= _MIN_SPENT * limits.cpu_seconds - 0.5
        kind = EndKind.SIGNAL if code < 0 else EndKind.EXITED
        if reason:  # on a busy machine the time on the wall clock may run out before the kernel stops a loop
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


def _poll_for_room(poll: select.poll, watched: int | None, wanted: int | None) -> int | None:
    """Poll the descriptor ``wanted`` for room instead of ``watched``; return ``wanted``."""
    if watched != wanted:
        if watched is not None:
            poll.unregister(watched)
        if wanted is not None:
            poll.register(wanted, select.POLLOUT)
    return wanted
