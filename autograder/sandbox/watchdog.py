"""The watchdog of one job: kills it when it uses too much memory, disk, threads or time.

Time and memory are watched at every tier. Disk and threads are watched only if the kernel cannot limit them
for one job: without namespaces a job has no file system and no thread count of its own.

A job cannot stop its watchdog: if it cannot be watched any more, it is killed.
"""

from __future__ import annotations

import os
import select
import signal
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from autograder.sandbox.limits import Limits
from autograder.sandbox.process_view import BLOCK, Memory, ProcessView

_POLL_MILLISECONDS: Final = 50
_MAX_DEPTH: Final = 32
# The grader watches the time of a job, and ends it earlier.
_GRACE_SECONDS: Final = 60
# All that a job may write, overwritten and deleted files included, as a multiple of the disk limit.
_MAX_REWRITES: Final = 16
# Number of deleted and closed files that may still be mapped into memory: their sizes cannot be read.
_MAX_MAPPED: Final = 8
# While a process ends, its first thread may end a moment before the others; after this time it is an attack.
_LEADERLESS_SECONDS: Final = 1.0


@dataclass(slots=True)
class Watchdog:
    """Watches one process.

    Attributes:
        handle: its pidfd.
        process: its number.
        processes: a descriptor of the folder /proc that contains it.
        limits: what it may use.
        started: when it began, on the monotonic clock.
        scratch: its scratch folder, if disk and threads have to be watched; otherwise None.
        peak: the largest resident memory seen, in bytes.
    """

    handle: int
    process: int
    processes: int
    limits: Limits
    started: float
    scratch: str | None = None
    peak: int = field(default=0, init=False)
    _leaderless_since: float | None = field(default=None, init=False)

    def wait(self) -> str:
        """Wait until the process ends; kill it if it breaks a limit.

        Returns:
            Why it was killed: ``wall``, ``memory``, ``threads``, ``disk`` or ``unwatched``; otherwise empty.
        """
        poll = select.poll()
        poll.register(self.handle, select.POLLIN)
        while not poll.poll(_POLL_MILLISECONDS):
            if reason := self._broken_limit_or_error():
                signal.pidfd_send_signal(self.handle, signal.SIGKILL)
                return reason
        return ""

    def _broken_limit_or_error(self) -> str:
        """Return which limit is broken now; an error in this code, which a job may provoke, counts as one."""
        try:
            return self._broken_limit()
        except Exception:  # noqa: BLE001 - after any error the job must not go on unwatched
            traceback.print_exc()  # for staff, in the zygote's own log
            return "unwatched"

    def _broken_limit(self) -> str:
        """Return which limit is broken now, if any."""
        view = ProcessView(self.process, self.processes)
        memory = view.memory()
        if time.monotonic() - self.started > self.limits.most_wall_seconds + _GRACE_SECONDS:
            return "wall"
        if memory is None:  # the process is ending, so it cannot use more
            return ""
        self.peak = max(self.peak, memory.resident)
        if memory.resident > self.limits.memory:
            return "memory"
        if self._is_leaderless(view.runs_without_first_thread(memory)):
            return "unwatched"
        return (
            "" if self.scratch is None else self._broken_limit_without_namespaces(view, memory, self.scratch)
        )

    def _broken_limit_without_namespaces(self, view: ProcessView, memory: Memory, scratch: str) -> str:
        """Return which limit is broken of those that the kernel enforces at stronger tiers only."""
        if memory.threads > self.limits.threads:
            return "threads"
        return "disk" if self._exceeds_disk(view, memory, os.path.realpath(scratch)) else ""

    def _is_leaderless(self, now: bool) -> bool:
        """Return whether the process has been running without its first thread for too long.

        Args:
            now: whether it runs without its first thread now.
        """
        if not now:
            self._leaderless_since = None
            return False
        if self._leaderless_since is None:
            self._leaderless_since = time.monotonic()
        return time.monotonic() - self._leaderless_since > _LEADERLESS_SECONDS

    def _exceeds_disk(self, view: ProcessView, memory: Memory, scratch: str) -> bool:
        """Return whether files, deleted files that are still open, or all written bytes are too large."""
        if view.written() > _MAX_REWRITES * self.limits.disk:
            return True
        try:
            sizes = list(_sizes(scratch, self.limits.inodes))
        except OSError:  # too deep, too long or without permission, which no normal program makes
            return True
        if len(sizes) > self.limits.inodes or view.mapped_deleted_files(memory.place, scratch) > _MAX_MAPPED:
            return True
        return sum(sizes) + view.deleted_bytes(memory.place) > self.limits.disk


def _sizes(folder: str, most: int) -> Iterator[int]:
    """Yield the bytes on disk of each entry below a folder; stop after ``most`` entries and one more.

    Raises:
        OSError: a folder cannot be listed, or folders are nested too deeply.
    """
    waiting, count = [(folder, 0)], 0
    while waiting:
        path, depth = waiting.pop()
        if depth > _MAX_DEPTH:
            raise OSError("folders nested too deeply")
        for size, inner in _entries(path, below=depth > 0):
            yield size
            count += 1
            if count > most:
                return
            if inner is not None:
                waiting.append((os.path.join(path, inner), depth + 1))  # noqa: PTH118 - there may be thousands


def _entries(path: str, *, below: bool) -> Iterator[tuple[int, str | None]]:
    """Yield for each entry of a folder its bytes on disk, and its name if it is a folder.

    Entries that are deleted during the scan are skipped: normal programs make and remove folders too.

    Args:
        path: the folder.
        below: the folder is below the scratch folder, so it may be deleted or replaced during the scan.
    """
    try:
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except (FileNotFoundError, NotADirectoryError):  # deleted or replaced since it was listed
        if below:
            return
        raise
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                try:
                    size = entry.stat(follow_symlinks=False).st_blocks * BLOCK
                    yield size, entry.name if entry.is_dir(follow_symlinks=False) else None
                except FileNotFoundError:  # deleted since it was listed
                    continue
    finally:
        os.close(folder)
