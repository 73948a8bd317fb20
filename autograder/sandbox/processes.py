"""Settings of processes for all operating systems, and what the kernel of Linux knows about a process."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Final

MESSAGE_LIMIT: Final = 1 << 16
"""The largest message between the processes of a sandbox, in bytes."""


def end_with_parent() -> None:
    """Let the kernel kill this process when its parent ends. On macOS and Windows, do nothing.

    A change of user clears this setting: call the function again then.
    """
    if sys.platform == "linux":
        from autograder.sandbox import linux  # noqa: PLC0415 - its system calls exist there only

        linux.die_with_parent()


def process_number(handle: int) -> int:
    """Return the number of a pidfd's process; -1 if the process has ended and was waited for.

    Args:
        handle: the pidfd.
    """
    lines = Path(f"/proc/self/fdinfo/{handle}").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pid:"))


def cpu_seconds_of(handle: int) -> float | None:
    """Return the processor time in seconds that a process has used so far, all its threads together.

    The kernel measures it, whatever the process says. None if the process has ended and was waited for.

    Args:
        handle: the pidfd of the process.
    """
    return cpu_seconds_of_process(process_number(handle))


def cpu_seconds_of_process(number: int) -> float | None:
    """Return the processor time in seconds that a process has used so far; None if it has ended.

    Args:
        number: the process's number, as in `process_number`.
    """
    if number <= 0:  # the clock computed from -1 would be our own
        return None
    try:  # clock_getcpuclockid(3), which Python does not have, computes the clock of a process like this
        return time.clock_gettime((~number << 3) | 2)
    except OSError:
        return None
