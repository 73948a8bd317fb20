"""Scratch folders of jobs where no mount of their own can hold one.

Made and removed on the grader's side. A job may leave folders behind that nobody may enter, or nested deeper
than a path can say; removing them follows no link and needs no recursion.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import secrets
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def scratch_folder(parent: str | None = None, owner: int | None = None) -> Iterator[str]:
    """Make a folder that only its owner may enter; remove it, whatever has become of it, in the end.

    Args:
        parent: where to make it; the system's temporary folder when it is not given.
        owner: user and group number to give it to.
    """
    folder = tempfile.mkdtemp(prefix="autograder-", dir=parent)
    try:
        if owner is not None:
            os.chown(folder, owner, owner)
        yield folder
    finally:
        _remove_with_patience(Path(folder))


def _remove_with_patience(folder: Path) -> None:
    """Remove a folder in which somebody who was just killed may still write for a moment.

    What cannot be removed stays: no grade depends on it.
    """
    for wait in (0.0, 0.05, 0.2, 1.0):
        time.sleep(wait)
        with contextlib.suppress(OSError):
            return remove_tree(folder)
    return None


def remove_tree(folder: Path) -> None:
    """Remove a folder and all that is in it. Nothing may run in it any more.

    Folders found inside are moved to the top before they are looked into, so no path is ever longer than two
    names.
    """
    top = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        token = secrets.token_hex(8)  # a job that knew these names could have taken them
        names = (f"{token}-{number}" for number in itertools.count())
        waiting = list(_empty(top, top, names))
        while waiting:
            name = waiting.pop()
            inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=top)
            try:
                waiting += _empty(inner, top, names)
            finally:
                os.close(inner)
            os.rmdir(name, dir_fd=top)
    finally:
        os.close(top)
    folder.rmdir()


def _empty(folder: int, top: int, names: Iterator[str]) -> Iterator[str]:
    """Delete a folder's files and move its folders to the top; yield their names there."""
    with os.scandir(folder) as scan:
        entries = list(scan)
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            os.chmod(entry.name, 0o700, dir_fd=folder)
            name = next(names)
            os.rename(entry.name, name, src_dir_fd=folder, dst_dir_fd=top)
            yield name
        else:
            os.unlink(entry.name, dir_fd=folder)
