"""The grader's ends of one job's descriptors: what it is sent, and what it says.

A message is sent only when the one before it was answered. Nothing here waits for the job: a process that
does not read, does not answer or writes without end is stopped by a limit.
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
_LATE_SECONDS: Final = 3
_MAX_LOG: Final = 64 << 10
_MAX_LOG_FLOOD: Final = 64 << 20
_PIPE_BYTES: Final = 1 << 20
_CHUNK: Final = 1 << 16  # what a pipe holds; asking for more takes memory from the system each time
# The kernel's limit counts ticks, and the report the exact time: on a busy virtual machine 20 seconds of the
# first were 18.86 of the second.
_LEAST_SPENT: Final = 0.85


class Delivery:
    """Sends a job's messages through a pipe, each after the answer to the one before.

    Args:
        messages: the request and the steps, encoded.
        first_step: number of the outcome that answers the request.

    Attributes:
        theirs: the end of the pipe that the job reads.
    """

    def __init__(self, messages: Sequence[bytes], first_step: int) -> None:
        self._later = deque(messages)
        self._now = memoryview(b"")
        self._numbers = itertools.count(first_step)
        self._step: int | None = None
        self.theirs, self._ours = os.pipe()
        os.set_blocking(self._ours, False)
        _widen(self._ours)

    def due(self) -> int | None:
        """Return the step that an outcome is due for; None where its message was not sent in full."""
        return None if self._now or self._ours < 0 else self._step

    def next(self) -> None:
        """Begin with the next message; after the last one the job hears that there is no more."""
        if not self._later:
            return self.close()
        self._now = memoryview(self._later.popleft())
        self._step = next(self._numbers)
        return self.write()

    def write(self) -> None:
        """Write as much as the pipe takes now."""
        try:
            while self._now:
                self._now = self._now[os.write(self._ours, self._now) :]
        except BlockingIOError:
            pass
        except BrokenPipeError:  # it ended, or does not want to hear more
            self.close()

    @property
    def waiting(self) -> int | None:
        """The descriptor where the rest of a message waits for room, if one does."""
        return self._ours if self._now else None

    def close(self) -> None:
        """Send nothing more."""
        if self._ours >= 0:
            os.close(self._ours)
        self._ours = -1
        self._now = memoryview(b"")
        self._later.clear()


def _widen(descriptor: int) -> None:
    """Let a pipe hold more, where the kernel allows it: large arrays then need fewer switches of process."""
    import fcntl  # noqa: PLC0415 - Linux only, as all that follows when this class is used

    with contextlib.suppress(OSError):
        fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


class JobStreams:
    """The descriptors of one job, and the loop that reads them."""

    def __init__(self, job: Job, stack: contextlib.ExitStack, group: JobGroup) -> None:
        self._group = group
        self._started = time.monotonic()
        self._delivery = Delivery(job.encoded, job.first_step)
        stack.callback(self._delivery.close)
        self._handle: int | None = None
        result_read, result_write = os.pipe()
        log_read, log_write = os.pipe()
        self._status, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        stack.callback(self._close_ours, result_read, log_read)
        self._result, self._log = result_read, log_read
        self.theirs = [self._delivery.theirs, result_write, log_write, theirs.detach()]
        stack.callback(self.close_theirs)
        self._buffer = wire.MessageBuffer()
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
        """Send messages; read outcomes, log and status until these are closed or the supervisor is late."""
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
        self._delivery.next()
        waiting: int | None = None
        while sources:
            waiting = _watch(poll, waiting, self._delivery.waiting)
            for descriptor, _ in poll.poll(200):
                if descriptor == waiting:
                    self._delivery.write()
                elif not sources[descriptor](reply):
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
        """Take a chunk of outcomes; False at the end."""
        chunk = os.read(self._result, _CHUNK)
        if not chunk:
            self._delivery.close()
        elif not reply.malformed:
            try:
                for whole in self._buffer.feed(chunk):
                    outcome = protocol.outcome_from(wire.decode(whole), self._delivery.due())
                    reply.outcomes.append(outcome)
                    self._go_on(outcome)
            except wire.WireError as error:
                reply.malformed = str(error)
                self._delivery.close()
                self._kill()
        return bool(chunk)

    def _go_on(self, outcome: protocol.Outcome) -> None:
        """Send the next message; no step where the module could not be imported."""
        imported = outcome.step != protocol.IMPORT or isinstance(outcome, protocol.Returned)
        if imported:
            self._delivery.next()
        else:
            self._delivery.close()

    def _take_log(self, _: Reply) -> bool:
        """Take a chunk of what was printed; False at the end."""
        chunk = os.read(self._log, _CHUNK)
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
        spent = cpu >= _LEAST_SPENT * limits.cpu_seconds - 0.5
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


def _watch(poll: select.poll, watched: int | None, wanted: int | None) -> int | None:
    """Wait for room at the wanted descriptor, and no more at the one so far; return the wanted one."""
    if watched != wanted:
        if watched is not None:
            poll.unregister(watched)
        if wanted is not None:
            poll.register(wanted, select.POLLOUT)
    return wanted
