"""The store of a student's own runs, in a folder of the user. Grading never reads it.

It is not in the homework's folder: nbgrader hands in whole folders.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import stat
import sys
from pathlib import Path
from typing import Final

import autograder
from autograder.calibration.conditions import library_versions
from autograder.homework import HomeworkError, secret_in
from autograder.sandbox.tier import Tier
from autograder.store import Store

_MOST_BYTES: Final = 512 << 20
_OPEN_TO_OTHERS: Final = 0o077
_SANDBOX: Final = Path(autograder.__file__).parent / "sandbox"


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
        return Store(folder, secret_in(folder / "secret"), _MOST_BYTES)
    except (OSError, RuntimeError, HomeworkError):  # read-only, full, damaged, or a user without a home
        return None


def practice_context(tier: Tier) -> str:
    """Return what replies depend on beside their jobs.

    Args:
        tier: how student code is confined.
    """
    own = hashlib.sha256()
    for path in sorted(_SANDBOX.glob("*.py")):
        own.update(path.read_bytes())
    facts = {
        "libraries": library_versions(),
        "package": autograder.__version__,
        "sandbox": own.hexdigest(),
        "python": sys.version,
        "machine": platform.machine(),
        "tier": tier,
    }
    return json.dumps(facts, sort_keys=True)


def _cache_folder() -> Path:
    """Return the folder, by the XDG base directory specification: a relative path is ignored."""
    given = Path(os.environ.get("XDG_CACHE_HOME", ""))
    cache = given if given.is_absolute() else Path.home() / ".cache"
    return cache / "autograder" / "practice"
