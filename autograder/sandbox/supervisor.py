"""The supervisor of one job: trusted code between the zygote and the confined process.

It makes the job's namespaces, forks the process, sends its pidfd to the grader, and runs the watchdog. At the
end it reports on a private socket how the process ended. It is confined like the zygote, and protected from
the job: student code can neither read its memory nor send it signals.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from autograder.sandbox import jail, landlock_jail, seccomp
from autograder.sandbox.limits import Limits
from autograder.sandbox.processes import end_with_parent
from autograder.sandbox.tier import Tier
from autograder.sandbox.visible import VisiblePaths
from autograder.sandbox.watchdog import Watchdog

Role = Callable[[int, int], None]
"""The function that the confined process runs: ``role(pipe of requests and steps, pipe of outcomes)``."""

_INPUT, _RESULT, _READY = 3, 4, 5
_ENVIRONMENT: Final = {
    "KERAS_BACKEND": "tensorflow",
    "PATH": "/usr/bin",
    "LANG": "C.UTF-8",
    "MPLBACKEND": "Agg",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",
}


@dataclass(frozen=True, slots=True)
class Setting:
    """What all jobs of a zygote share: the tier, the readable paths, and the system-call filter."""

    tier: Tier
    visible: VisiblePaths
    code: list[seccomp.Instruction]


def run(setting: Setting, job: dict[str, Any], descriptors: list[int], role: Role) -> None:
    """Run one job and end this process. To be called in a fresh fork of the zygote.

    Args:
        setting: what all jobs share.
        job: ``limits`` and the ``scratch`` folder.
        descriptors: the pipes of requests and steps, of outcomes, and of the log; the status socket.
        role: the function that the confined process runs.
    """
    try:
        _supervise(setting, job, descriptors, role)
    except BaseException:  # noqa: BLE001 - a fork must never return into the zygote's loop
        traceback.print_exc()
        os._exit(97)
    os._exit(0)


def _supervise(setting: Setting, job: dict[str, Any], descriptors: list[int], role: Role) -> None:
    """Fork the confined process, watch it until it ends, and report how it ended."""
    started = time.monotonic()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    limits = Limits.from_json(job["limits"])
    *streams, status = descriptors
    report = socket.socket(fileno=status)
    end_with_parent()
    if setting.tier is Tier.NAMESPACES:
        jail.enter_job()
    processes = os.open("/proc", os.O_PATH)  # the zygote's /proc, before the job mounts its own over it
    ready_read, ready_write = os.pipe()
    child = os.fork()
    if child == 0:
        report.close()
        _run_confined(setting, limits, job["scratch"], [*streams, ready_write], role)
    for descriptor in (*streams, ready_write):
        os.close(descriptor)
    handle = os.pidfd_open(child)
    socket.send_fds(report, [b"{}"], [handle])
    watched = job["scratch"] if setting.tier is Tier.LANDLOCK else None
    watchdog = Watchdog(handle, child, processes, limits, started, watched)
    reason = watchdog.wait()
    _, status_word, usage = os.wait4(child, 0)
    ending = {
        "exit": os.waitstatus_to_exitcode(status_word),
        "reason": reason,
        "confined": bool(os.read(ready_read, 1)),
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "wall_seconds": time.monotonic() - started,
        "peak_bytes": watchdog.peak,
    }
    report.send(json.dumps(ending).encode())


def _run_confined(setting: Setting, limits: Limits, scratch: str, streams: list[int], role: Role) -> None:
    """Confine this process, run the role, and end without running exit handlers of student code."""
    try:
        end_with_parent()
        os.setsid()
        _arrange_descriptors(*streams)
        os.environ.clear()
        os.environ.update(_ENVIRONMENT, HOME=scratch, TMPDIR=scratch, KERAS_HOME=f"{scratch}/.keras")
        tempfile.tempdir = None
        if setting.tier is Tier.NAMESPACES:
            jail.mount_scratch(limits)
        os.chdir(scratch)
        if setting.tier is Tier.NAMESPACES:
            jail.lock(setting.visible, limits, setting.code)
        elif setting.tier is Tier.LANDLOCK:
            landlock_jail.lock(setting.visible, limits, setting.code, scratch)
        os.write(_READY, b"1")  # not an exit code, because student code can exit with any
        os.close(_READY)
    except BaseException:  # noqa: BLE001 - the supervisor sees that nothing was written; the log has the error
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    try:
        role(_INPUT, _RESULT)
    except BaseException:  # noqa: BLE001 - student code may have closed the pipes; the log says so
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(0)


def _arrange_descriptors(source: int, result: int, log: int, ready: int) -> None:
    """Move the three pipes to their fixed numbers, print to the log, and close all other descriptors."""
    os.dup2(log, 1)
    os.dup2(log, 2)
    for descriptor, temporary in ((source, 100), (result, 101), (ready, 102)):
        os.dup2(descriptor, temporary)
    for temporary, final in ((100, _INPUT), (101, _RESULT), (102, _READY)):
        os.dup2(temporary, final)
    os.closerange(_READY + 1, 65_536)
