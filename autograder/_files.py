"""Files that people find again: whole or not at all, under a name of their own, never through a link."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Final

OPENING: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
"""How to open what somebody else may have made: not through a link, and without waiting on a pipe."""


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
