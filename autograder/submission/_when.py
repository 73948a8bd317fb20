"""When a submission was handed in, as far as its files say."""

from __future__ import annotations

import contextlib
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
    the folder: often the time of a download, so no penalty for lateness should follow from it alone.

    Args:
        entry: the submission.

    Returns:
        The time; empty if nothing says it.
    """
    times = [time for path in entry.paths for time in _times(path)]
    return max(times).isoformat(timespec="seconds") if times else ""


def _times(path: Path) -> Iterator[datetime]:
    """Yield the times of one folder or archive; only nbgrader's if there is one."""
    with contextlib.suppress(OSError, ValueError, RejectedSubmission, UnclearSubmission):
        named = read_regular(path / _NBGRADER, _MOST_BYTES).decode().strip().removesuffix(" UTC")
        time = datetime.fromisoformat(named)
        yield time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
        return
    with contextlib.suppress(OSError, ValueError, OverflowError):
        files = [each for each in path.iterdir() if not each.is_symlink()] if path.is_dir() else [path]
        for file in files:
            yield datetime.fromtimestamp(file.lstat().st_mtime, UTC)
