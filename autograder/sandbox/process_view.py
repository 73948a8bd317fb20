"""What the kernel says about one process, read from outside: memory, threads, input and output, open files.

A process can put any bytes into its name and into the names of its files, so everything here is bytes, cut at
line feeds only (the kernel escapes those in names), and only the lines that are wanted are read as numbers.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

BLOCK: Final = 512
_DELETED: Final = b" (deleted)"
_INODE_COLUMN, _PATH_COLUMN = 4, 5


@dataclass(frozen=True, slots=True)
class Memory:
    """What a process holds.

    Attributes:
        resident: bytes of anonymous and shared memory, without mapped files: those are the system's.
        threads: how many it has.
        place: where in /proc its memory and files can be seen.
    """

    resident: int
    threads: int
    place: str


@dataclass(frozen=True, slots=True)
class ProcessView:
    """A view of one process.

    Attributes:
        process: its number.
        processes: a descriptor of the folder /proc that shows it.
    """

    process: int
    processes: int

    def memory(self) -> Memory | None:
        """Return what the process holds, or None where it holds nothing any more: it ends.

        The entries of a process are those of its first thread. When that one alone has ended they are empty,
        while the others go on with memory and files: then another thread's entries are asked.

        Raises:
            OSError: nothing shows the process, which exists until its parent asks how it ended.
        """
        leader = str(self.process)
        if (held := self._memory_at(leader)) is None and not self._content(f"{leader}/status"):
            raise OSError("/proc does not show the process of the job")
        return held or next(filter(None, map(self._memory_at, self._threads())), None)

    def _memory_at(self, place: str) -> Memory | None:
        """Return what a process or thread holds, or None where it has given up its memory."""
        held = _numbers(self._content(f"{place}/status"), b"RssAnon", b"RssShmem", b"Threads")
        if b"RssAnon" not in held:
            return None
        return Memory((held[b"RssAnon"] + held.get(b"RssShmem", 0)) << 10, held.get(b"Threads", 0), place)

    def has_lost_its_first_thread(self, memory: Memory) -> bool:
        """Return whether other threads go on after the first, which no honest program does."""
        return memory.place != str(self.process)

    def written(self) -> int:
        """Return the bytes that the process has ever written, or caused to be."""
        found = _numbers(self._content(f"{self.process}/io"), b"write_bytes", b"wchar")
        return max(found.values(), default=0)

    def deleted_bytes(self, place: str) -> int:
        """Return the size of files that have no name any more, but a descriptor."""
        try:
            folder = os.open(f"{place}/fd", os.O_RDONLY | os.O_DIRECTORY, dir_fd=self.processes)
        except OSError:  # it has just ended
            return 0
        try:
            return sum(_deleted_size(name, folder) for name in os.listdir(folder))  # noqa: PTH208 - a descriptor
        except OSError:
            return 0
        finally:
            os.close(folder)

    def mapped_without_name(self, place: str, folder: str) -> int:
        """Return how many deleted files of a folder are mapped into memory."""
        prefix, found = os.fsencode(folder), set[bytes]()
        for line in self._content(f"{place}/maps").split(b"\n"):
            columns = line.split(None, _PATH_COLUMN)
            if len(columns) > _PATH_COLUMN and line.endswith(_DELETED) and prefix in columns[_PATH_COLUMN]:
                found.add(columns[_INODE_COLUMN])
        return len(found)

    def _threads(self) -> Iterator[str]:
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
        yield from (f"{self.process}/task/{number}" for number in numbers if number != self.process)

    def _content(self, entry: str) -> bytes:
        """Return one of the files in /proc, empty when its process or thread has just ended."""
        try:
            handle = os.open(entry, os.O_RDONLY, dir_fd=self.processes)
            with os.fdopen(handle, "rb") as file:
                return file.read()
        except OSError:
            return b""


def _numbers(content: bytes, *wanted: bytes) -> dict[bytes, int]:
    """Return those of the lines ``name: number …`` that are wanted."""
    pairs = (line.partition(b":") for line in content.split(b"\n"))
    return {name: int(rest.split()[0]) for name, _, rest in pairs if name in wanted}


def _deleted_size(descriptor: str, folder: int) -> int:
    """Return the bytes on disk of a descriptor's file, 0 when it still has a name or is no file."""
    try:
        status = os.stat(descriptor, dir_fd=folder)
    except OSError:
        return 0
    deleted = stat.S_ISREG(status.st_mode) and not status.st_nlink
    return status.st_blocks * BLOCK if deleted else 0
