"""Control groups: the kernel limits a job's memory and threads, if a group was delegated to the grader.

No group is required: the watchdog and the resource limits work without one. A service manager can delegate a
group of version 2 (``systemd-run --user --scope -p Delegate=yes autograder grade …``). Then each job gets a
group below that one, and the kernel stops a job that allocates memory faster than the watchdog polls.

See https://docs.kernel.org/admin-guide/cgroup-v2.html.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from autograder.sandbox.limits import Limits
from autograder.sandbox.processes import process_number

_CONTROLLERS: Final = ("memory", "pids")
_ROOT: Final = Path("/sys/fs/cgroup")
_MEMBERSHIP: Final = Path("/proc/self/cgroup")


@cache  # a process that has moved into its subgroup would move again, into a subgroup of that one
def claim(root: Path = _ROOT, membership: Path = _MEMBERSHIP) -> Path | None:
    """Take the control group that was delegated to this process.

    A group that limits subgroups may hold no process itself, so this process moves into a subgroup. A group
    that holds other processes was not made for the grader, and is left alone.

    Args:
        root: where the hierarchy of control groups is mounted.
        membership: the file that names this process's group.

    Returns:
        The folder of the group, or None if no usable group was delegated.
    """
    folder = _own_group(root, membership)
    if folder is None:
        return None
    me, leaf = str(os.getpid()), folder / "grader"
    try:
        if (folder / "cgroup.procs").read_text().split() != [me]:
            return None
        if not set(_CONTROLLERS) <= set((folder / "cgroup.controllers").read_text().split()):
            return None
        leaf.mkdir()
        (leaf / "cgroup.procs").write_text(me)
    except OSError:
        return None
    try:
        (folder / "cgroup.subtree_control").write_text(" ".join(f"+{name}" for name in _CONTROLLERS))
    except OSError:
        with contextlib.suppress(OSError):
            (folder / "cgroup.procs").write_text(me)
            leaf.rmdir()
        return None
    return folder


def _own_group(root: Path, membership: Path) -> Path | None:
    """Return this process's folder in the hierarchy of version 2, or None without one."""
    try:
        lines = membership.read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        if line.startswith("0::/"):
            folder = root / line.removeprefix("0::/")
            return folder if (folder / "cgroup.controllers").is_file() else None
    return None


@dataclass(frozen=True, slots=True)
class JobGroup:
    """The control group of one job; without a ``folder``, its methods do nothing."""

    folder: Path | None

    def add(self, handle: int) -> None:
        """Put a process into the group.

        Args:
            handle: the pidfd of the process.
        """
        if self.folder is None:
            return
        with contextlib.suppress(OSError):  # the process has just ended
            (self.folder / "cgroup.procs").write_text(str(process_number(handle)))

    def out_of_memory(self) -> bool:
        """Return whether the kernel killed a process of the group because of its memory."""
        if self.folder is None:
            return False
        try:
            events = dict(line.split() for line in (self.folder / "memory.events").read_text().splitlines())
        except (OSError, ValueError):
            return False
        return events.get("oom_kill", "0") != "0"


@contextlib.contextmanager
def job_group(parent: Path | None, limits: Limits) -> Iterator[JobGroup]:
    """Make a group for one job below ``parent``, and remove it at the end.

    Args:
        parent: the delegated group; None makes no group.
        limits: memory and threads of the job.
    """
    folder = None
    if parent is not None:
        with contextlib.suppress(OSError):
            folder = Path(tempfile.mkdtemp(prefix="job-", dir=parent))
            for name, value in (
                ("memory.max", limits.memory),
                ("memory.swap.max", 0),
                ("pids.max", limits.threads),
            ):
                with contextlib.suppress(OSError):
                    (folder / name).write_text(str(value))
    try:
        yield JobGroup(folder)
    finally:
        if folder is not None:
            _remove(folder)


def _remove(folder: Path) -> None:
    """Remove a group whose last process has just ended."""
    for wait in (0.0, 0.01, 0.1):
        time.sleep(wait)
        with contextlib.suppress(OSError):
            return folder.rmdir()
    return None
