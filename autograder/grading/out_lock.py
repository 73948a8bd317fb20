"""Only one run at a time writes to a folder for results."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from autograder._files import exclusive_lock, write_atomically
from autograder.homework import HomeworkError
from autograder.result import time_now

LOCK: Final = ".lock"
_HOLDER: Final = ".lock-holder.json"
_NO_LOCKS: Final = frozenset({errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS})


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """Hold the lock of a folder for results. The kernel releases it when the process ends, also by a kill.

    A few network file systems have no locks. There the run goes on without one.

    Args:
        out: the folder; it is created if it is missing.

    Raises:
        HomeworkError: another run holds the lock; the message says which. Or the folder cannot be written.
    """
    with contextlib.ExitStack() as stack:
        try:
            out.mkdir(mode=0o700, parents=True, exist_ok=True)
            stack.enter_context(exclusive_lock(out / LOCK))
            write_atomically(out / _HOLDER, json.dumps(_this_run()).encode())
        except BlockingIOError as error:
            raise HomeworkError(
                f"Another run writes to {out}: {_holder(out)}. "
                "Wait until it ends, or stop it with Ctrl-C, or give another folder with --out."
            ) from error
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise HomeworkError(
                    f"Expected a folder for results that can be written. Received: {error}"
                ) from error
        yield


def _this_run() -> dict[str, object]:
    """Return what another run is told about this one."""
    return {"process": os.getpid(), "machine": platform.node(), "since": time_now()}


def _holder(out: Path) -> str:
    """Return a description of the run that holds the lock."""
    try:
        holder = json.loads((out / _HOLDER).read_text(encoding="utf-8"))
        return f"process {holder['process']} on {holder['machine']}, since {holder['since']}"
    except (OSError, ValueError, KeyError, TypeError):  # it has the lock, and has not yet said who it is
        return "it has just begun"
