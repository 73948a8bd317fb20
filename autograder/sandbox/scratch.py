"""Scratch folders of jobs where no mount of their own can hold one.

Made and removed on the grader's side. A job may leave folders behind that nobody may enter, or nested deeper
than a path can say; removing them follows no link and needs no recursion.

A grader that is killed cannot remove its folder. It holds a lock on it for as long as it lives, so the next
one knows what nobody needs any more; a process number would mean another process in another container.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_PREFIX: Final = "autograder-scratch-"
_NAME: Final = re.compile(rf"{_PREFIX}[a-z0-9_]{{8}}")
_FRESH_SECONDS: Final = 60.0


@contextlib.contextmanager
def scratch_folder(parent: str | None = None, owner: int | None = None) -> Iterator[str]:
    """Make a folder that only its owner may enter; remove it, whatever has become of it, in the end.

    Args:
        parent: where to make it; the system's temporary folder when it is not given.
        owner: user and group number to give it to.
    """
    folder = tempfile.mkdtemp(prefix=_PREFIX, dir=parent)
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        _locked(held)
        if owner is not None:
            os.chown(folder, owner, owner)
        yield folder
    finally:
        _remove_with_patience(Path(folder))
        os.close(held)


def sweep(parent: str | None = None, fresh_seconds: float = _FRESH_SECONDS) -> None:
    """Remove folders that graders of this user left behind when they were killed.

    Args:
        parent: where they were made; the system's temporary folder when it is not given.
        fresh_seconds: younger ones stay: their owner may be about to lock them.
    """
    for folder in Path(parent or tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):  # gone, a link, or somebody else's
            held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                found = os.fstat(held)
                own = found.st_uid == os.geteuid() and _NAME.fullmatch(folder.name)
                if own and time.time() - found.st_ctime >= fresh_seconds and _locked(held):
                    _remove_with_patience(folder)
            finally:
                os.close(held)


def _locked(folder: int) -> bool:
    """Lock a folder for as long as its descriptor is open; return whether nobody else holds it."""
    import fcntl  # noqa: PLC0415 - not on Windows, where jobs have other folders

    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


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
            _open_up(entry.name, folder)
            name = next(names)
            os.rename(entry.name, name, src_dir_fd=folder, dst_dir_fd=top)
            yield name
        else:
            os.unlink(entry.name, dir_fd=folder)


def _open_up(name: str, folder: int) -> None:
    """Let a folder's owner enter it, and never what a link points to: whoever dies may still swap the two."""
    if sys.platform != "linux":
        os.chmod(name, 0o700, dir_fd=folder, follow_symlinks=False)
        return
    held = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_DIRECTORY, dir_fd=folder)
    try:
        Path(f"/proc/self/fd/{held}").chmod(0o700)
    finally:
        os.close(held)
