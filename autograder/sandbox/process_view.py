"""What /proc says about one process, read from another one: memory, threads, written bytes, open files.

A process can put any bytes into its own name and into the names of its files. So all contents stay bytes, and
are split at line feeds only, which the kernel escapes in names. Only the needed lines are read as numbers.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from autograder.sandbox.processes import cpu_seconds_of_process

BLOCK: Final = 512
_DELETED: Final = b" (deleted)"
_INODE_COLUMN, _PATH_COLUMN = 4, 5
# Fields 19 and 41 of /proc/PID/stat, counted from the one that follows the name; see proc_pid_stat(5).
_NICE_FIELD, _POLICY_FIELD = 16, 38
# Column of the lines about cores in /proc/stat, see proc_stat(5).
_STOLEN_FIELD: Final = 8
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_LOW_POLICIES: Final = frozenset({os.SCHED_BATCH, os.SCHED_IDLE})


@dataclass(frozen=True, slots=True)
class Memory:
    """What a process uses.

    Attributes:
        resident: bytes of anonymous and shared memory, without mapped files, which all processes share.
        threads: number of threads.
        place: the folder in /proc, relative to it, that shows the memory and files.
    """

    resident: int
    threads: int
    place: str


@dataclass(frozen=True, slots=True)
class ProcessView:
    """A view of one process.

    Attributes:
        process: its number.
        processes: a descriptor of the folder /proc that contains it.
    """

    process: int
    processes: int

    def memory(self) -> Memory | None:
        """Return what the process uses, or None if it has no memory any more, because it is ending.

        The entries of a process in /proc are those of its first thread. If only this thread has ended, they
        are empty, although other threads still use memory and files. Then another thread's entries are read.

        Raises:
            OSError: /proc does not contain the process. It should: the parent has not waited for it yet.
        """
        leader = str(self.process)
        if (held := self._memory_at(leader)) is None and not self._content(f"{leader}/status"):
            raise OSError("/proc does not show the process of the job")
        return held or next(filter(None, map(self._memory_at, self._threads())), None)

    def _memory_at(self, place: str) -> Memory | None:
        """Return what a process or thread uses, or None if it has no memory any more."""
        held = _numbers(self._content(f"{place}/status"), b"RssAnon", b"RssShmem", b"Threads")
        if b"RssAnon" not in held:
            return None
        return Memory((held[b"RssAnon"] + held.get(b"RssShmem", 0)) << 10, held.get(b"Threads", 0), place)

    def runs_without_first_thread(self, memory: Memory) -> bool:
        """Return whether the first thread has ended and others run on, which no normal program does."""
        return memory.place != str(self.process)

    def cpu_seconds(self) -> float:
        """Return the processor time of the process so far, all its threads together; 0 if it has ended."""
        return cpu_seconds_of_process(self.process) or 0.0

    def waits(self) -> dict[int, float] | None:
        """Return thread → seconds for which it has waited for a core; None if the kernel does not say."""
        found = {}
        for place in self._all_threads():
            fields = self._content(f"{place}/schedstat").split()
            if len(fields) > 1:
                willing = self._wants_a_core(place)
                found[int(place.rpartition("/")[2])] = int(fields[1]) / 1e9 if willing else 0.0
        return found or None

    def stolen(self) -> dict[bytes, float]:
        """Return core → seconds for which the host of this virtual machine has taken it."""
        lines = (line.split() for line in self._content("stat").split(b"\n") if line.startswith(b"cpu"))
        each = {line[0]: line[_STOLEN_FIELD] for line in lines if len(line) > _STOLEN_FIELD}
        return {core: int(ticks) / _TICKS for core, ticks in each.items() if core != b"cpu"}

    def _wants_a_core(self, place: str) -> bool:
        """Return whether a thread has our priority. One that has lowered its own waits by choice.

        The whole command may have been started with a low priority, as by ``nice`` or ``chrt``.
        """
        fields = self._content(f"{place}/stat").rpartition(b")")[2].split()
        if len(fields) <= _POLICY_FIELD:
            return True
        nice, policy = int(fields[_NICE_FIELD]), int(fields[_POLICY_FIELD])
        low = policy in _LOW_POLICIES and policy != os.sched_getscheduler(0)
        return nice <= os.getpriority(os.PRIO_PROCESS, 0) and not low

    def written(self) -> int:
        """Return how many bytes the process has written so far, deleted and overwritten ones included."""
        found = _numbers(self._content(f"{self.process}/io"), b"write_bytes", b"wchar")
        return max(found.values(), default=0)

    def deleted_bytes(self, place: str) -> int:
        """Return the bytes on disk of files that are deleted and still open.

        Args:
            place: see `Memory`.
        """
        try:
            folder = os.open(f"{place}/fd", os.O_RDONLY | os.O_DIRECTORY, dir_fd=self.processes)
        except OSError:  # the process has just ended
            return 0
        try:
            return sum(_deleted_size(name, folder) for name in os.listdir(folder))  # noqa: PTH208 - a descriptor
        except OSError:
            return 0
        finally:
            os.close(folder)

    def mapped_deleted_files(self, place: str, folder: str) -> int:
        """Return how many deleted files of a folder are mapped into memory.

        Args:
            place: see `Memory`.
            folder: path of the folder.
        """
        prefix, found = os.fsencode(folder), set[bytes]()
        for line in self._content(f"{place}/maps").split(b"\n"):
            columns = line.split(None, _PATH_COLUMN)
            if len(columns) > _PATH_COLUMN and line.endswith(_DELETED) and prefix in columns[_PATH_COLUMN]:
                found.add(columns[_INODE_COLUMN])
        return len(found)

    def _threads(self) -> Iterator[str]:
        """Yield the places of all threads but the first one, in the order of their numbers."""
        first = f"{self.process}/task/{self.process}"
        yield from (place for place in self._all_threads() if place != first)

    def _all_threads(self) -> Iterator[str]:
        """Yield the places of all threads, in the order of their numbers."""
        try:
            folder = os.open(f"{self.process}/task", os.O_RDONLY | os.O_DIRECTORY, dir_fd=self.processes)
        except OSError:
            return
        try:
            numbers = sorted(map(int, os.listdir(folder)))  # noqa: PTH208 - a descriptor
        except OSError:
            return
        finally:
            os.close(folder)
        yield from (f"{self.process}/task/{number}" for number in numbers)

    def _content(self, entry: str) -> bytes:
        """Return the content of a file in /proc, empty if its process or thread has just ended."""
        try:
            handle = os.open(entry, os.O_RDONLY, dir_fd=self.processes)
            with os.fdopen(handle, "rb") as file:
                return file.read()
        except OSError:
            return b""


def _numbers(content: bytes, *wanted: bytes) -> dict[bytes, int]:
    """Return the numbers of the wanted lines, each of the form ``name: number …``."""
    pairs = (line.partition(b":") for line in content.split(b"\n"))
    return {name: int(rest.split()[0]) for name, _, rest in pairs if name in wanted}


def _deleted_size(descriptor: str, folder: int) -> int:
    """Return the bytes on disk of an open file, 0 if it still has a name or is no regular file."""
    try:
        status = os.stat(descriptor, dir_fd=folder)
    except OSError:
        return 0
    deleted = stat.S_ISREG(status.st_mode) and not status.st_nlink
    return status.st_blocks * BLOCK if deleted else 0
