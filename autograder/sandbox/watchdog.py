"""The watchdog of one job: ends it from outside when it uses too much memory, disk, threads or time.

Time and memory are watched at every tier. Disk and threads only where the kernel does not bound them for one
job: without namespaces there is no file system, and no count of processes, of its own.

Whatever a job does, it is the job that ends and not its watchdog: a job that cannot be watched is killed.
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
# What a job may write in all, overwritten and deleted files included, as a multiple of what it may keep.
_REWRITES: Final = 16
# Files without a name and a descriptor that may still be mapped; nobody can see how large they are.
_MAPPED: Final = 8
# The first thread of a process that ends may be gone before the others are: for a moment, not for longer.
_LEADERLESS_SECONDS: Final = 1.0


@dataclass(slots=True)
class Watchdog:
    """Watches one process.

    Attributes:
        handle: its pidfd.
        process: its number.
        processes: a descriptor of the folder /proc that shows it.
        limits: what it may use.
        started: when it began, on the monotonic clock.
        scratch: its scratch folder, where the kernel bounds neither that nor threads.
        peak: the largest resident size seen, in bytes.
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
        """Wait for the process to end, or end it.

        Returns:
            Why it was killed: ``wall``, ``memory``, ``threads``, ``disk``, ``unwatched``, or nothing.
        """
        poll = select.poll()
        poll.register(self.handle, select.POLLIN)
        while not poll.poll(_POLL_MILLISECONDS):
            if reason := self._reason_or_fault():
                signal.pidfd_send_signal(self.handle, signal.SIGKILL)
                return reason
        return ""

    def _reason_or_fault(self) -> str:
        """Return which limit is broken now; a fault of ours, which the job may have provoked, ends it too."""
        try:
            return self._reason()
        except Exception:  # noqa: BLE001 - whatever it is, the job must not go on unwatched
            traceback.print_exc()  # for staff: this goes where the zygote's own errors go
            return "unwatched"

    def _reason(self) -> str:
        """Return which limit is broken now, if any."""
        view = ProcessView(self.process, self.processes)
        memory = view.memory()
        if time.monotonic() - self.started > self.limits.wall_seconds:
            return "wall"
        if memory is None:  # it ends: nothing of it runs that could take any more
            return ""
        self.peak = max(self.peak, memory.resident)
        if memory.resident > self.limits.memory:
            return "memory"
        if self._is_leaderless(view.has_lost_its_first_thread(memory)):
            return "unwatched"
        return "" if self.scratch is None else self._reason_without_namespaces(view, memory, self.scratch)

    def _reason_without_namespaces(self, view: ProcessView, memory: Memory, scratch: str) -> str:
        """Return which of the limits is broken that the kernel does not keep here."""
        if memory.threads > self.limits.threads:
            return "threads"
        return "disk" if self._fills_the_disk(view, memory, os.path.realpath(scratch)) else ""

    def _is_leaderless(self, now: bool) -> bool:
        """Return whether the process has been going on without its first thread for too long."""
        if not now:
            self._leaderless_since = None
            return False
        if self._leaderless_since is None:
            self._leaderless_since = time.monotonic()
        return time.monotonic() - self._leaderless_since > _LEADERLESS_SECONDS

    def _fills_the_disk(self, view: ProcessView, memory: Memory, scratch: str) -> bool:
        """Return whether files, those deleted and still open, or all that was ever written, are too much."""
        if view.written() > _REWRITES * self.limits.disk:
            return True
        try:
            sizes = list(_sizes(scratch, self.limits.inodes))
        except OSError:  # deeper, longer or more closed than any folder that honest work makes
            return True
        if len(sizes) > self.limits.inodes or view.mapped_without_name(memory.place, scratch) > _MAPPED:
            return True
        return sum(sizes) + view.deleted_bytes(memory.place) > self.limits.disk


def _sizes(folder: str, most: int) -> Iterator[int]:
    """Yield the bytes on disk of all that is below a folder, of a few more than ``most`` entries at most.

    Raises:
        OSError: it cannot be walked.
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
    """Yield for each entry of a folder its bytes on disk, and its name where it is a folder.

    What a program deletes while it is looked at is passed over: honest work makes and removes folders too.
    """
    try:
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except (
        FileNotFoundError,
        NotADirectoryError,
    ):  # gone, or something else has its name, since it was listed
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
