"""The watchdog of one job: ends it from outside when it uses too much memory, disk, threads or time.

Time and memory are watched at every tier. Disk and threads only where the kernel does not bound them for one
job: without namespaces there is no file system, and no count of processes, of its own.
"""

from __future__ import annotations

import os
import select
import signal
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from autograder.sandbox.limits import Limits

_POLL_MILLISECONDS: Final = 50
_MAX_DEPTH: Final = 32
_BLOCK: Final = 512
# What a job may write in all, overwritten and deleted files included, as a multiple of what it may keep.
_REWRITES: Final = 16
# Files without a name and a descriptor that may still be mapped; nobody can see how large they are.
_MAPPED: Final = 8


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

    def wait(self) -> str:
        """Wait for the process to end, or end it.

        Returns:
            Why it was killed: ``wall``, ``memory``, ``threads``, ``disk``, or nothing.
        """
        poll = select.poll()
        poll.register(self.handle, select.POLLIN)
        while not poll.poll(_POLL_MILLISECONDS):
            if reason := self._reason():
                signal.pidfd_send_signal(self.handle, signal.SIGKILL)
                return reason
        return ""

    def _reason(self) -> str:
        """Return which limit is broken now, if any."""
        status = self._numbers("status")
        # Anonymous and shared memory, without mapped files: those are the system's.
        resident = (status.get("RssAnon", 0) + status.get("RssShmem", 0)) << 10
        self.peak = max(self.peak, resident)
        if resident > self.limits.memory:
            return "memory"
        if time.monotonic() - self.started > self.limits.wall_seconds:
            return "wall"
        if self.scratch is None:
            return ""
        if status.get("Threads", 0) > self.limits.threads:
            return "threads"
        return "disk" if self._fills_the_disk(self.scratch) else ""

    def _fills_the_disk(self, scratch: str) -> bool:
        """Return whether files, those deleted and still open, or all that was ever written, are too much."""
        written = self._numbers("io")
        if max(written.get("write_bytes", 0), written.get("wchar", 0)) > _REWRITES * self.limits.disk:
            return True
        try:
            sizes = list(_sizes(scratch, self.limits.inodes))
        except OSError:  # deeper, longer or more closed than any folder that honest work makes
            return True
        if len(sizes) > self.limits.inodes or self._mapped_without_name(scratch) > _MAPPED:
            return True
        return sum(sizes) + self._deleted_bytes() > self.limits.disk

    def _mapped_without_name(self, scratch: str) -> int:
        """Return how many deleted files of the scratch folder are mapped into memory."""
        mapped = (line for line in self._lines("maps") if line.endswith(" (deleted)") and scratch in line)
        return len({line.split()[4] for line in mapped})  # the fifth column is the inode

    def _deleted_bytes(self) -> int:
        """Return the size of files that have no name any more, but a descriptor."""
        try:
            folder = os.open(f"{self.process}/fd", os.O_RDONLY | os.O_DIRECTORY, dir_fd=self.processes)
        except OSError:  # it has just ended
            return 0
        try:
            return sum(_deleted_size(name, folder) for name in os.listdir(folder))  # noqa: PTH208 - a descriptor
        except OSError:
            return 0
        finally:
            os.close(folder)

    def _numbers(self, entry: str) -> dict[str, int]:
        """Return the lines ``name: number …`` of one of the process's files in /proc."""
        rows = [line.split() for line in self._lines(entry)]
        return {row[0].rstrip(":"): int(row[1]) for row in rows if len(row) > 1 and row[1].isdigit()}

    def _lines(self, entry: str) -> list[str]:
        """Return the lines of one of the process's files in /proc, none when it has just ended."""
        try:
            handle = os.open(f"{self.process}/{entry}", os.O_RDONLY, dir_fd=self.processes)
            with os.fdopen(handle, errors="replace") as file:
                return file.read().splitlines()
        except OSError:
            return []


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
        with os.scandir(path) as entries:
            for entry in entries:
                try:
                    size = entry.stat(follow_symlinks=False).st_blocks * _BLOCK
                except FileNotFoundError:  # deleted since it was listed
                    continue
                yield size
                count += 1
                if count > most:
                    return
                if entry.is_dir(follow_symlinks=False):
                    waiting.append((entry.path, depth + 1))


def _deleted_size(descriptor: str, folder: int) -> int:
    """Return the bytes on disk of a descriptor's file, 0 when it still has a name or is no file."""
    try:
        status = os.stat(descriptor, dir_fd=folder)
    except OSError:
        return 0
    deleted = stat.S_ISREG(status.st_mode) and not status.st_nlink
    return status.st_blocks * _BLOCK if deleted else 0
