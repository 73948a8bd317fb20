"""The supervisor of one job: trusted code between the zygote and the confined process.

It makes the job's namespaces, forks the process, hands its pidfd to the grader, watches memory and wall
time every 50 ms, and reports on a socket of its own how the process ended. It runs inside the zygote's
jail, but outside the job's: student code can neither see nor signal it.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from autograder.sandbox import jail, linux, seccomp
from autograder.sandbox.limits import Limits
from autograder.sandbox.tier import Tier

Role = Callable[[int, int], None]
"""What the confined process does: ``role(input descriptor, result descriptor)``."""

_POLL_MILLISECONDS: Final = 50
_INPUT, _RESULT, _READY = 3, 4, 5
_ENVIRONMENT: Final = {
    "HOME": jail.SCRATCH,
    "TMPDIR": jail.SCRATCH,
    "KERAS_HOME": f"{jail.SCRATCH}/.keras",
    "KERAS_BACKEND": "tensorflow",
    "PATH": "/usr/bin",
    "LANG": "C.UTF-8",
    "MPLBACKEND": "Agg",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",
}


@dataclass(frozen=True, slots=True)
class Setting:
    """What all jobs of a zygote share."""

    tier: Tier
    walls: jail.Walls


def run(
    setting: Setting, code: list[seccomp.Instruction], job: dict[str, Any], descriptors: list[int], role: Role
) -> None:
    """Run one job and end this process. Called in a fresh fork of the zygote.

    Args:
        setting: tier and walls.
        code: the system-call filter.
        job: ``limits`` and, without namespaces, the ``scratch`` folder.
        descriptors: input, result pipe, log pipe, status socket.
        role: what the confined process does.
    """
    try:
        _supervise(setting, code, job, descriptors, role)
    except BaseException:  # noqa: BLE001 - a fork must never return into the zygote's loop
        traceback.print_exc()
        os._exit(97)
    os._exit(0)


def _supervise(
    setting: Setting, code: list[seccomp.Instruction], job: dict[str, Any], descriptors: list[int], role: Role
) -> None:
    """Fork the confined process and watch it to its end."""
    started = time.monotonic()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    limits = Limits.from_json(job["limits"])
    *streams, status = descriptors
    report = socket.socket(fileno=status)
    if setting.tier is Tier.NAMESPACES:
        linux.die_with_parent()
        jail.enter_job()
    processes = os.open("/proc", os.O_PATH)  # the zygote's view: the job mounts its own over it
    ready, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        report.close()
        _become_confined(setting, code, job, limits, [*streams, theirs], role)
    for descriptor in (*streams, theirs):
        os.close(descriptor)
    handle = os.pidfd_open(child)
    socket.send_fds(report, [b"{}"], [handle])
    reason, peak = _watch(handle, f"{child}/status", processes, limits, started)
    _, status_word, usage = os.wait4(child, 0)
    ending = {
        "exit": os.waitstatus_to_exitcode(status_word),
        "reason": reason,
        "confined": bool(os.read(ready, 1)),
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "wall_seconds": time.monotonic() - started,
        "peak_bytes": peak,
    }
    report.send(json.dumps(ending).encode())


def _watch(handle: int, entry: str, processes: int, limits: Limits, started: float) -> tuple[str, int]:
    """Wait for the process to end, or end it.

    Returns:
        Why it was killed (``wall``, ``memory``, or nothing), and the largest resident size seen in bytes.
    """
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    peak, reason = 0, ""
    while not poll.poll(_POLL_MILLISECONDS):
        resident = _resident_bytes(entry, processes)
        peak = max(peak, resident)
        if resident > limits.memory:
            reason = "memory"
        elif time.monotonic() - started > limits.wall_seconds:
            reason = "wall"
        if reason:
            signal.pidfd_send_signal(handle, signal.SIGKILL)
            break
    return reason, peak


def _resident_bytes(entry: str, processes: int) -> int:
    """Return a process's own resident memory: anonymous and shared, without mapped files."""
    try:
        with os.fdopen(os.open(entry, os.O_RDONLY, dir_fd=processes)) as file:
            return sum(
                int(line.split()[1]) << 10 for line in file if line.startswith(("RssAnon", "RssShmem"))
            )
    except OSError:  # it has just ended
        return 0


def _become_confined(  # noqa: PLR0913 - all that a job is
    setting: Setting,
    code: list[seccomp.Instruction],
    job: dict[str, Any],
    limits: Limits,
    streams: list[int],
    role: Role,
) -> None:
    """Confine this process, play the role, and end without running anything that was left behind."""
    try:
        if sys.platform == "linux":
            linux.die_with_parent()
        os.setsid()
        _arrange_descriptors(*streams)
        if setting.tier is Tier.NAMESPACES:
            jail.mount_scratch(limits)
            os.chdir(jail.SCRATCH)
            jail.lock(setting.walls, limits, code)
        else:
            os.chdir(job["scratch"])
        os.environ.clear()
        os.environ.update(_ENVIRONMENT)
        if setting.tier is not Tier.NAMESPACES:
            os.environ.update(HOME=job["scratch"], TMPDIR=job["scratch"])
        tempfile.tempdir = None
        os.write(_READY, b"1")  # an exit code could not say this: student code can exit with any
        os.close(_READY)
    except BaseException:  # noqa: BLE001 - the supervisor hears that nothing was written; the log has the rest
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    try:
        role(_INPUT, _RESULT)
    finally:
        os._exit(0)


def _arrange_descriptors(source: int, result: int, log: int, ready: int) -> None:
    """Keep the standard streams, the input and the two pipes; close everything else."""
    os.dup2(log, 1)
    os.dup2(log, 2)
    for descriptor, aside in ((source, 100), (result, 101), (ready, 102)):
        os.dup2(descriptor, aside)
    for aside, spot in ((100, _INPUT), (101, _RESULT), (102, _READY)):
        os.dup2(aside, spot)
    os.closerange(_READY + 1, 65_536)
