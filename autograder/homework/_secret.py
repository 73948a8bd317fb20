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
    try:
        handle = open_new(path)
    except FileExistsError:
        return _read(path)
    secret = secrets.token_bytes(_BYTES)
    with os.fdopen(handle, "w") as file:
        file.write(secret.hex() + "\n")
    return secret


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
