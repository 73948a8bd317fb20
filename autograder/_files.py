"""Files that people find again: whole or not at all, under a name of their own, never through a link.

What operating systems do differently is said here, once: flags, links, locks.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final


def _flags(*names: str) -> int:
    """Return the sum of those flags for opening files that this operating system has."""
    return sum(getattr(os, name, 0) for name in names)


OPENING: Final = os.O_RDONLY | _flags("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY")
"""How to open what somebody else may have made: not through a link, and without waiting on a pipe."""
_FOLDER: Final = _flags("O_DIRECTORY")
_LOCKING: Final = os.O_RDWR | os.O_CREAT | _flags("O_NOFOLLOW", "O_CLOEXEC")


def open_file(path: Path | str, folder: int | None = None) -> int:
    """Open a file to read that somebody else may have made: not through a link, nor waiting on a pipe.

    What it is has to be looked at afterwards (`os.fstat`): it may be a pipe, a device or a folder.

    Args:
        path: the file.
        folder: descriptor of the folder that ``path`` starts from.

    Raises:
        OSError: it is a link, or cannot be opened.
    """
    return _open(path, OPENING, folder)


def open_folder(path: Path | str, folder: int | None = None) -> int:
    """Open a folder that somebody else may have made: not through a link; see `open_file`.

    Raises:
        OSError: it is a link, no folder, or cannot be opened.
    """
    return _open(path, OPENING | _FOLDER, folder)


def _open(path: Path | str, flags: int, folder: int | None) -> int:
    """Open a path; where no flag keeps the system from following a link, look first."""
    if not _flags("O_NOFOLLOW") and stat.S_ISLNK(os.stat(path, dir_fd=folder, follow_symlinks=False).st_mode):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    return os.open(path, flags, dir_fd=folder)


@contextmanager
def exclusive_lock(path: Path) -> Iterator[None]:
    """Hold a lock that only one process can hold; the kernel gives it back when the process ends.

    Children that were forked meanwhile hold it, too. The file stays: removing it would let two processes lock
    two files of one name.

    Args:
        path: the file to lock; it is made if it is not there.

    Raises:
        BlockingIOError: somebody else holds the lock.
        OSError: the file cannot be made.
    """
    handle = os.open(path, _LOCKING, 0o666)
    try:
        _lock(handle)
        yield
    finally:
        os.close(handle)


def _lock(handle: int) -> None:
    """Lock an open file. Raises `BlockingIOError` when somebody else holds it."""
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415

        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError(errno.EWOULDBLOCK, "Somebody else holds the lock.") from error
    else:
        import fcntl  # noqa: PLC0415

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def write_atomically(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path`` in one step; on failure whatever stood there stays as it was.

    The new file gets the permissions of a freshly created one, and takes the place of a symbolic link
    instead of being written through it.

    Args:
        path: where to write; its folder must exist.
        data: the whole content.

    Raises:
        OSError: the folder is missing, full or not writable.
    """
    # Beside the target, because a rename is atomic only within one file system. `tempfile` would make the
    # file private to its owner, and these files are meant to be read by others.
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
    """Return a name for a student's file: their own where it is a plain one, else one that nobody shares."""
    safe = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in student)[:60]
    if safe == student and not safe.startswith(("_", ".")):
        return safe
    return f"{safe}-{hashlib.sha256(student.encode('utf-8', 'backslashreplace')).hexdigest()[:8]}"


def make_folder(path: Path) -> None:
    """Make a folder, unless it is there; its parent must be.

    Raises:
        NotADirectoryError: something else has its name, a link to a folder included.
        OSError: it cannot be made.
    """
    path.mkdir(exist_ok=True)
    if path.is_symlink():
        raise NotADirectoryError(f"Expected {path} to be a folder. Received: a symbolic link.")
