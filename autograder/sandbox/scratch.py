"""Scratch folders of jobs, at tiers where a job cannot have a mount of its own.

The grader makes and removes them. A job may leave folders without permissions, or nested deeper than the
longest path. So removing a folder follows no link and uses no recursion.

A grader that is killed cannot remove its folder. But it locks the folder as long as it lives, so the next
grader can tell which folders are unused. A process number cannot tell it: each container has its own numbers.
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
    """Make a folder that only its owner may enter, and remove it with all its contents at the end.

    Args:
        parent: folder to make it in; the system's temporary folder if none is given.
        owner: number of the user and group that will own it; this process's own user if none is given.
    """
    folder = tempfile.mkdtemp(prefix=_PREFIX, dir=parent)
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        _try_lock(held)
        if owner is not None:
            os.chown(folder, owner, owner)
        yield folder
    finally:
        _remove_with_retries(Path(folder))
        os.close(held)


def sweep(parent: str | None = None, fresh_seconds: float = _FRESH_SECONDS) -> None:
    """Remove the scratch folders that killed graders of this user left behind.

    Args:
        parent: folder that holds them; the system's temporary folder if none is given.
        fresh_seconds: younger folders stay, because their grader may not have locked them yet.
    """
    for folder in Path(parent or tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):  # removed meanwhile, a link, or another user's
            held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                found = os.fstat(held)
                own = found.st_uid == os.geteuid() and _NAME.fullmatch(folder.name)
                if own and time.time() - found.st_ctime >= fresh_seconds and _try_lock(held):
                    _remove_with_retries(folder)
            finally:
                os.close(held)


def _try_lock(folder: int) -> bool:
    """Lock a folder for as long as its descriptor is open; return False if another process holds the lock."""
    import fcntl  # noqa: PLC0415 - not on Windows, where jobs have other folders

    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _remove_with_retries(folder: Path) -> None:
    """Remove a folder, with retries: a process that was just killed may still write for a moment.

    A folder that cannot be removed stays: no grade depends on it.
    """
    for wait in (0.0, 0.05, 0.2, 1.0):
        time.sleep(wait)
        with contextlib.suppress(OSError):
            return remove_tree(folder)
    return None


def remove_tree(folder: Path) -> None:
    """Remove a folder and its contents; no process may work in it any more.

    Folders found inside are moved to the top before they are listed, so no path is longer than two names.

    Args:
        folder: the folder; it may not be a link.

    Raises:
        OSError: something in it could not be removed.
    """
    top = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        token = secrets.token_hex(8)  # random, so that a job cannot have used the names already
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
    """Delete the files in a folder and move its subfolders to the top; yield their new names."""
    with os.scandir(folder) as scan:
        entries = list(scan)
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            _make_accessible(entry.name, folder)
            name = next(names)
            os.rename(entry.name, name, src_dir_fd=folder, dst_dir_fd=top)
            yield name
        else:
            os.unlink(entry.name, dir_fd=folder)


def _make_accessible(name: str, folder: int) -> None:
    """Let the owner enter a folder; follow no link, which a dying process may put in its place."""
    if sys.platform != "linux":
        os.chmod(name, 0o700, dir_fd=folder, follow_symlinks=False)
        return
    held = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_DIRECTORY, dir_fd=folder)
    try:
        Path(f"/proc/self/fd/{held}").chmod(0o700)
    finally:
        os.close(held)
