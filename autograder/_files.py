"""Files: opening without following links, locks, atomic writes, and file names for students.

Differences between operating systems (flags, links, locks) are handled in this module. Where a function takes
the descriptor of a folder, it needs a POSIX system.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import stat
import sys
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final


def _flags(*names: str) -> int:
    """Return the sum of the named flags; flags that this operating system does not have count as 0."""
    return sum(getattr(os, name, 0) for name in names)


OPENING: Final = os.O_RDONLY | _flags("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY")
"""Flags to open a file that a student may have made: follow no link, and do not wait on a pipe."""
_ABANDONED_SECONDS: Final = 3600.0
_FOLDER: Final = _flags("O_DIRECTORY")
_NEVER_INHERITED: Final = _flags("O_CLOEXEC", "O_BINARY")
_LOCKING: Final = os.O_RDWR | os.O_CREAT | _flags("O_NOFOLLOW", "O_CLOEXEC")


def open_file(path: Path | str, folder: int | None = None) -> int:
    """Open a file for reading that a student may have made; follow no link, and do not wait on a pipe.

    The caller has to check its kind afterwards (`os.fstat`): it may be a pipe, a device or a folder.

    Args:
        path: the file.
        folder: descriptor of the folder that ``path`` starts from.

    Returns:
        A descriptor.

    Raises:
        OSError: the file is a link, or cannot be opened.
    """
    return _open(path, OPENING, folder)


def open_folder(path: Path | str, folder: int | None = None) -> int:
    """Open a folder that a student may have made; follow no link.

    Args:
        path: the folder.
        folder: descriptor of the folder that ``path`` starts from.

    Returns:
        A descriptor.

    Raises:
        OSError: it is a link or no folder, or it cannot be opened.
    """
    return _open(path, OPENING | _FOLDER, folder)


def _open(path: Path | str, flags: int, folder: int | None) -> int:
    """Open a path; on systems without the flag against links, check for a link first."""
    if not _flags("O_NOFOLLOW") and stat.S_ISLNK(os.stat(path, dir_fd=folder, follow_symlinks=False).st_mode):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    return os.open(path, flags, dir_fd=folder)


def open_new(path: Path) -> int:
    """Create a file that only its owner can read, to write to it.

    Raises:
        FileExistsError: the file exists.
        OSError: it cannot be created.
    """
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NEVER_INHERITED, 0o600)


def open_to_append(path: Path) -> int:
    """Open a file to append and to read, or create it, for its owner only.

    Raises:
        OSError: it cannot be opened or created.
    """
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | _NEVER_INHERITED, 0o600)


@contextmanager
def exclusive_lock(path: Path) -> Iterator[None]:
    """Hold a lock that only one process can hold; the kernel releases it when the process ends.

    Children that are forked meanwhile hold it, too. The file is not removed at the end: otherwise two
    processes could lock two different files of the same name.

    Args:
        path: the file to lock; it is created if it is missing.

    Raises:
        BlockingIOError: another process holds the lock.
        OSError: the file cannot be created.
    """
    handle = os.open(path, _LOCKING, 0o666)
    try:
        _lock(handle)
        yield
    finally:
        os.close(handle)


def _lock(handle: int) -> None:
    """Lock an open file; raise `BlockingIOError` if another process holds the lock."""
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415

        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError(errno.EWOULDBLOCK, "Another process holds the lock.") from error
    else:
        import fcntl  # noqa: PLC0415

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


_LONGEST: Final = 60  # characters of a name
_MOST_BYTES: Final = 180  # of 255: the rest is for the digest, endings and the name of a temporary file
_WITH_DIGEST: Final = re.compile(r"-[0-9a-f]{16}\Z")
"""The end of names with a digest. A student with such a name could get another student's file name."""
_RESERVED: Final = frozenset(
    {
        "con",
        "prn",
        "aux",
        "nul",
        *(f"{port}{number}" for port in ("com", "lpt") for number in "0123456789¹²³"),
    }
)
"""Names of devices on Windows, where they may have any ending."""


def remove_abandoned(folder: Path) -> None:
    """Remove from a folder what processes were writing, with `write_atomically`, when they were killed.

    Files of the last hour stay, because their process may still be writing.
    """
    for path in folder.glob(".*.tmp"):
        with contextlib.suppress(OSError):
            if path.lstat().st_mtime < time.time() - _ABANDONED_SECONDS:
                path.unlink()


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file in one step; if that fails, an earlier file at ``path`` stays unchanged.

    The new file gets the default permissions. If ``path`` is a symbolic link, the file replaces the link, and
    the target of the link is not changed.

    Args:
        path: where to write; its folder must exist.
        data: the whole content.

    Raises:
        OSError: the folder is missing, full or not writable.
    """
    # In the same folder, because a rename is atomic only within one file system. Not by `tempfile`, which
    # makes files that only their owner may read.
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def file_name(student: str) -> str:
    """Return a file name for a student, without the ending; it is unique on every file system.

    An ordinary name in small letters is its own file name. Other names get a part of their digest appended:
    on file systems that ignore case, ``Ada`` and ``ada`` would be one file. The result does not depend on
    other students, so files keep their names when a student joins the class.

    Args:
        student: the name in the results.
    """
    safe = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in student[:_LONGEST])
    if safe == student and _is_ordinary(safe):
        return safe
    safe = safe.encode()[:_MOST_BYTES].decode(errors="ignore")
    if _on_windows(safe) in _RESERVED:
        safe = f"_{safe}"
    return f"{safe}-{hashlib.sha256(student.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def _is_ordinary(name: str) -> bool:
    """Return whether a name can be used as a file name without a digest."""
    return (
        # upper() first: two letters with the same capital are one on file systems that ignore case.
        name.upper().casefold() == name
        and unicodedata.is_normalized("NFKC", name)
        and len(name.encode()) <= _MOST_BYTES
        and not name.startswith(("_", "."))
        and not name.endswith(".")  # Windows removes dots at the end
        and _on_windows(name) not in _RESERVED
        and not _WITH_DIGEST.search(name)
    )


def _on_windows(name: str) -> str:
    """Return the part of a name by which Windows recognizes a device."""
    return name.partition(".")[0].casefold()


def make_folder(path: Path) -> None:
    """Make a folder, unless it exists; its parent has to exist.

    Args:
        path: the folder.

    Raises:
        NotADirectoryError: ``path`` is a link.
        OSError: the folder cannot be made, or ``path`` is a file.
    """
    path.mkdir(exist_ok=True)
    if path.is_symlink():
        raise NotADirectoryError(f"Expected {path} to be a folder. Received: a symbolic link.")
