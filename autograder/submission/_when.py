"""When a submission was handed in, as far as its files say."""

from __future__ import annotations

import contextlib
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from autograder.submission._disk import read_regular
from autograder.submission._find import Entry
from autograder.submission._messages import RejectedSubmission, UnclearSubmission

_NBGRADER: Final = "timestamp.txt"
_MOST_BYTES: Final = 100


def handed_in_at(entry: Entry) -> str:
    """Return when a submission was handed in, in UTC, such as ``2026-11-29T14:05:10+00:00``.

    nbgrader's ``timestamp.txt`` says it. Otherwise it is the time of the archive, or of the newest file in
    the folder: often the time of a download, so no penalty for lateness should follow from it alone. In
    nbgrader's tree, the homework's folder in the student's folder counts.

    Args:
        entry: the submission.

    Returns:
        The time; empty if nothing says it.
    """
    times = [time for path in entry.paths for time in _times(_folder(path, entry.homework))]
    return max(times).isoformat(timespec="seconds") if times else ""


def _folder(path: Path, homework: str) -> Path:
    """Return the homework's folder in a student's folder if there is one, or else the path itself."""
    inner = path / homework
    with contextlib.suppress(OSError):
        if homework and stat.S_ISDIR(inner.lstat().st_mode):
            return inner
    return path


def _times(path: Path) -> Iterator[datetime]:
    """Yield the times of one folder or archive; only nbgrader's if there is one."""
    with contextlib.suppress(OSError, ValueError, OverflowError, RejectedSubmission, UnclearSubmission):
        named = read_regular(path / _NBGRADER, _MOST_BYTES).decode().strip().removesuffix(" UTC")
        time = datetime.fromisoformat(named)
        yield time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
        return
    with contextlib.suppress(OSError, ValueError, OverflowError):
        for file in path.iterdir() if path.is_dir() else [path]:
            status = file.lstat()
            if stat.S_ISREG(status.st_mode):
                yield datetime.fromtimestamp(status.st_mtime, UTC)
