"""The store of a student's own runs, in a folder of the user. Grading never reads it.

It is not in the homework's folder: nbgrader hands in whole folders.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from autograder.homework import HomeworkError, secret_in
from autograder.store import Store

_MOST_BYTES: Final = 512 << 20
_OPEN_TO_OTHERS: Final = 0o077


def practice_store(homework: Path) -> Store | None:
    """Return the user's store; None if there can be none, and then everything is run.

    Args:
        homework: the homework's folder, in which the store may not be.
    """
    try:
        folder = _cache_folder()
        if folder.resolve().is_relative_to(homework.resolve()):
            return None
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.lstat()
        if not stat.S_ISDIR(status.st_mode) or stat.S_IMODE(status.st_mode) & _OPEN_TO_OTHERS:
            return None
        store = Store(folder, secret_in(folder / "secret"), _MOST_BYTES)
    except (OSError, RuntimeError, HomeworkError):  # read-only, full, damaged, or a user without a home
        return None
    store.trim()  # a single run writes too little for `put` to do it
    return store


def _cache_folder() -> Path:
    """Return the folder, by the XDG base directory specification: a relative path is ignored."""
    given = Path(os.environ.get("XDG_CACHE_HOME", ""))
    cache = given if given.is_absolute() else Path.home() / ".cache"
    return cache / "autograder" / "practice"
