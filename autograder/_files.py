"""Files that people find again: whole or not at all, under a name of their own, never through a link.

What operating systems do differently is said here, once: flags, links, locks.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
import sys
import unicodedata
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


_LONGEST: Final = 60  # characters of a name
_MOST_BYTES: Final = 180  # of 255, so that digest, endings and the name of a temporary file have room
_WITH_DIGEST: Final = re.compile(r"-[0-9a-f]{16}\Z")
"""How names with a digest end. A student of such a name would have somebody else's file."""
_RESERVED: Final = frozenset(
    {
        "con",
        "prn",
        "aux",
        "nul",
        *(f"{port}{number}" for port in ("com", "lpt") for number in "0123456789¹²³"),
    }
)
"""Devices on Windows, with any ending."""


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
    """Return a name for a student's files, without the ending: one that nobody else has, on any file system.

    An ordinary name in small letters is its own file name. Any other one gets a part of its digest: where
    file systems ignore case, ``Ada`` would be ``ada``. That depends on nobody else in the class, so the files
    keep their names when a student joins it.
    """
    safe = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in student[:_LONGEST])
    if safe == student and _is_ordinary(safe):
        return safe
    safe = safe.encode()[:_MOST_BYTES].decode(errors="ignore")
    if _on_windows(safe) in _RESERVED:
        safe = f"_{safe}"
    return f"{safe}-{hashlib.sha256(student.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def _is_ordinary(name: str) -> bool:
    """Whether a name may be that of a file as it is."""
    return (
        # In this order, because two letters may have one capital: where case is ignored they are one.
        name.upper().casefold() == name
        and unicodedata.is_normalized("NFKC", name)
        and not name.startswith(("_", "."))
        and not name.endswith(".")  # which Windows leaves out
        and _on_windows(name) not in _RESERVED
        and not _WITH_DIGEST.search(name)
    )


def _on_windows(name: str) -> str:
    """Return what Windows looks at to tell a device from a file."""
    return name.partition(".")[0].casefold()


def make_folder(path: Path) -> None:
    """Make a folder, unless it is there; its parent must be.

    Raises:
        NotADirectoryError: something else has its name, a link to a folder included.
        OSError: it cannot be made.
    """
    path.mkdir(exist_ok=True)
    if path.is_symlink():
        raise NotADirectoryError(f"Expected {path} to be a folder. Received: a symbolic link.")
