"""The course's secret: all seeds depend on it. It never leaves the staff's machine."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Final

from autograder._files import open_new
from autograder.homework._course import Course
from autograder.homework._declared import HomeworkError

_FOLDER: Final = ".autograder"
_BYTES: Final = 32


def course_secret(course: Course) -> bytes:
    """Return the secret of a course; make it on first use in ``.autograder/secret`` (mode 600).

    Grades are reproducible as long as the secret stays the same.

    Args:
        course: the course.

    Returns:
        32 random bytes.

    Raises:
        HomeworkError: the file exists and does not hold a secret.
    """
    return secret_in(course.root / _FOLDER / "secret")


def secret_in(path: Path) -> bytes:
    """Return the secret in a file; make it on first use (mode 600), with the folder (mode 700).

    Args:
        path: the file.

    Returns:
        32 random bytes.

    Raises:
        HomeworkError: the file exists and does not hold a secret.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        _make(path)
    return _read(path)


def _make(path: Path) -> None:
    """Make a secret in one step: nobody ever reads a part of the file, even if this process is killed."""
    new = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        with os.fdopen(open_new(new), "w") as file:
            file.write(secrets.token_bytes(_BYTES).hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(new, path)
        except FileExistsError:  # another process was faster
            pass
        except OSError:  # a file system without hard links
            new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def _read(path: Path) -> bytes:
    """Return the secret in an existing file."""
    try:
        secret = bytes.fromhex(path.read_text(encoding="ascii"))
    except ValueError:
        secret = b""
    if len(secret) != _BYTES:
        raise HomeworkError(
            f"{path}: expected {2 * _BYTES} hexadecimal digits. Restore the file; without it, seeds change."
        )
    return secret
