"""The pipes of a confined process, in the grader: messages go out, outcomes, log and status come in.

No call here blocks on the process: if it does not read, does not answer or writes without end, it is stopped
by a limit. One job and an evaluator that answers many requests (`autograder.sandbox.evaluator_streams`) share
this code.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import time
from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar

from autograder.sandbox import protocol, wire
from autograder.sandbox.cgroup import JobGroup
from autograder.sandbox.delivery import Delivery, Outlet
from autograder.sandbox.limits import Limits
from autograder.sandbox.pace import Pace
from autograder.sandbox.process_view import ProcessView
from autograder.sandbox.processes import MESSAGE_LIMIT, process_number
from autograder.sandbox.runner import Ending, EndKind, Job, Reply, RunnerError

GRACE_SECONDS: Final = 3
_MAX_LOG: Final = 64 << 10
_MAX_LOG_FLOOD: Final = 64 << 20
_CHUNK: Final = 1 << 16  # the content of a pipe; a larger read would allocate memory that stays unused
# The kernel's limit counts ticks, but the report has the exact time: on a busy virtual machine 20 seconds by
# ticks were 18.86 exact seconds.
_MIN_SPENT: Final = 0.85

Sender = TypeVar("Sender", bound=Outlet)


class ProcessStreams(Generic[Sender]):
    """The descriptors of one confined process, and the loop that reads them.

    Args:
        outlet: sends the messages.
        stack: closes the descriptors.
        group: the control group that the process joins.

    Attributes:
        job_ends: the descriptors for the supervisor, in the order that `supervisor.run` expects.
    """

    def __init__(self, outlet: Sender, stack: contextlib.ExitStack, group: JobGroup) -> None:
        self._group = group
        self._started = time.monotonic()
        self.job_ends: list[int] = []
        stack.callback(self.close_job_ends)
        self._outlet = outlet
        stack.callback(outlet.close)
        self.job_ends.append(outlet.job_end)
        self._handle: int | None = None
        result_read, result_write = os.pipe()
        log_read, log_write = os.pipe()
        self._status, supervisor_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        stack.callback(self._close_own_ends, result_read, log_read)
        self._result, self._log = result_read, log_read
        self.job_ends += [result_write, log_write, supervisor_end.detach()]
        self._sources: dict[int, Callable[[Reply], bool]] = {
            self._result: self._read_result,
            self._log: self._read_log,
            self._status.fileno(): self._read_status,
        }
        self._processes = os.open("/proc", os.O_PATH | os.O_CLOEXEC)
        stack.callback(os.close, self._processes)
        self._pace: Pace | None = None
        self._kill_requested = False
        self._report: dict[str, Any] | None = None
        self._forget_what_was_read()

    def _forget_what_was_read(self) -> None:
        """Begin to count outcomes, log, and what else happens, anew."""
        self._kills_before = _kills_for_memory()
        self._buffer = wire.MessageBuffer()
        self._logged = 0
        self._log_bytes = bytearray()
        self._killed_for_flood = False

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

    def _exchange(self, reply: Reply, deadline: float, is_over: Callable[[], bool] = lambda: False) -> bool:
        """Send messages; read outcomes, log and status until they are closed, or no more has to be read.

        Args:
            reply: gets what is read.
            deadline: when the process is killed, on the monotonic clock.
            is_over: returns whether the process has to be killed before the deadline.

        Returns:
            Whether the process was killed here, because it took too long.
        """
        poll, late = select.poll(), False
        for descriptor in self._sources:
            poll.register(descriptor, select.POLLIN)
        waiting: int | None = None
        while self._sources and not self._has_all(reply):
            waiting = _poll_for_room(poll, waiting, self._outlet.waiting)
            for descriptor, _ in poll.poll(200):
                if descriptor == waiting:
                    self._outlet.write()
                elif not self._sources[descriptor](reply):
                    poll.unregister(descriptor)
                    del self._sources[descriptor]
            if not late and not self._has_all(reply) and (time.monotonic() > deadline or is_over()):
                late, deadline = True, time.monotonic()
                self._kill()
            if late and time.monotonic() > deadline + GRACE_SECONDS:
                break
        reply.log = self._log_bytes.decode("utf-8", "replace")
        return late

    def _exchange_within(self, reply: Reply, limits: Limits) -> bool:
        """Exchange messages, and kill the process if it does nothing for too long.

        Returns:
            Whether it was killed for that.

        Raises:
            RunnerError: this machine is too busy to run the process.
        """
        self._pace, idle = None, False

        def is_idle() -> bool:
            nonlocal idle
            if self._pace is None and self._handle is not None:  # otherwise the process is being started
                view = ProcessView(process_number(self._handle), self._processes)
                self._pace = Pace(view, limits)
            idle = self._pace is not None and self._pace.is_over()
            return idle

        late = self._exchange(reply, time.monotonic() + limits.most_wall_seconds, is_idle)
        given_up = self._report is not None and self._report["reason"] == "wall"  # by the watchdog
        if (late or given_up) and not idle:
            raise RunnerError(
                f"A job that may compute for {limits.cpu_seconds} seconds was not done after "
                f"{limits.most_wall_seconds:.0f}: this machine is too busy."
            )
        return late

    def _waited(self, wall_seconds: float) -> float:
        """Return the part of the wall time in which the process could do nothing, in seconds."""
        return wall_seconds if self._pace is None else max(wall_seconds - self._pace.held, 0.0)

    def _has_all(self, reply: Reply) -> bool:
        """Return whether no more has to be read for this reply, although the process may run on."""
        raise NotImplementedError

    def _answered(self, outcome: protocol.Outcome) -> None:
        """Go on after an outcome."""
        raise NotImplementedError

    def _read_result(self, reply: Reply) -> bool:
        """Read some bytes of the outcomes; return False at the end of the stream."""
        chunk = os.read(self._result, _CHUNK)
        if not chunk:
            self._outlet.close()
        elif reply.malformed is None:
            try:
                for whole in self._buffer.feed(chunk):
                    outcome = protocol.outcome_from(wire.decode(whole), self._outlet.due())
                    reply.outcomes.append(outcome)
                    self._answered(outcome)
            except wire.WireError as error:
                reply.malformed = str(error)
                self._outlet.close()
                self._kill()
        return bool(chunk)

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
        message, descriptors, _, _ = socket.recv_fds(self._status, MESSAGE_LIMIT, 1)
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

    def _kind_of_end(self, report: dict[str, Any], reason: str, spent: bool) -> EndKind:
        """Return how the process ended.

        Args:
            report: the supervisor's.
            reason: which limit it was killed for; empty if it was not.
            spent: whether it has used about all the processor time that it may use.

        Raises:
            RunnerError: it may have been killed because the machine has too little memory.
        """
        code: int = report["exit"]
        if reason:  # on a busy machine the time on the wall clock may run out before the kernel stops a loop
            return EndKind.CPU if reason == "wall" and spent else EndKind(reason)
        if not report["confined"]:
            return EndKind.SETUP
        if code == -signal.SIGKILL and self._group.out_of_memory():
            return EndKind.MEMORY
        if self._killed_for_flood:
            return EndKind.FLOOD
        if code in (-signal.SIGXCPU, -signal.SIGKILL) and spent:
            return EndKind.CPU
        unexplained = code == -signal.SIGKILL and not self._kill_requested
        if unexplained and _kills_for_memory() > self._kills_before:
            raise RunnerError("The kernel killed a process because this machine has too little memory.")
        return EndKind.SIGNAL if code < 0 else EndKind.EXITED


class JobStreams(ProcessStreams[Delivery]):
    """The streams of one job.

    Args:
        job: the job to send.
        stack: closes the descriptors.
        group: the control group that the job's process joins.
    """

    def __init__(self, job: Job, stack: contextlib.ExitStack, group: JobGroup) -> None:
        super().__init__(Delivery(job.encoded, job.first_step), stack, group)

    def collect(self, limits: Limits) -> Reply:
        """Send the job; return its reply, without an ending if the supervisor did not report one.

        Args:
            limits: the limits of the job.

        Raises:
            RunnerError: this machine is too busy to run the job.
        """
        reply = Reply()
        self._outlet.next()
        late = self._exchange_within(reply, limits)
        reply.ending = self._ending(limits, late)
        return reply

    def _has_all(self, _: Reply) -> bool:
        return False  # a job ends with its process

    def _answered(self, outcome: protocol.Outcome) -> None:
        """Send the next message; send no step if the module could not be imported."""
        imported = outcome.step != protocol.IMPORT or isinstance(outcome, protocol.Returned)
        if imported:
            self._outlet.next()
        else:
            self._outlet.close()

    def _ending(self, limits: Limits, late: bool = False) -> Ending | None:
        """Return how the process ended, from the supervisor's report; None without a report.

        Args:
            limits: the limits of the job.
            late: whether the process was killed here, because it did nothing.
        """
        report = self._report
        if report is None:
            return None
        reason = report["reason"] or ("wall" if late else "")
        kind = self._kind_of_end(report, reason, is_spent(report["cpu_seconds"], limits))
        cpu_seconds, wall_seconds, peak = (
            report[name] for name in ("cpu_seconds", "wall_seconds", "peak_bytes")
        )
        return Ending(kind, report["exit"], cpu_seconds, wall_seconds, peak, self._waited(wall_seconds))


def is_spent(cpu_seconds: float, limits: Limits) -> bool:
    """Return whether a process has used about all the processor time that it may use."""
    return cpu_seconds >= _MIN_SPENT * limits.cpu_seconds - 0.5


def _kills_for_memory() -> int:
    """Return how many processes the kernel has killed on this machine for lack of memory; 0 if unknown."""
    with contextlib.suppress(OSError, ValueError), open("/proc/vmstat", "rb") as file:  # noqa: PTH123 - as bytes
        for line in file:
            name, _, number = line.partition(b" ")
            if name == b"oom_kill":
                return int(number)
    return 0


def _poll_for_room(poll: select.poll, watched: int | None, wanted: int | None) -> int | None:
    """Poll the descriptor ``wanted`` for room instead of ``watched``; return ``wanted``."""
    if watched != wanted:
        if watched is not None:
            poll.unregister(watched)
        if wanted is not None:
            poll.register(wanted, select.POLLOUT)
    return wanted
