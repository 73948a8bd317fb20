"""Wait until a file of a homework's folder is saved."""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import Iterator
from pathlib import Path

_DEBOUNCE_MS = 300
_STEP_MS = 50
_LOOK_MS = 1000
_SETTLE_SECONDS = 0.1
_SUFFIXES = (".py", ".toml", ".json")


def state_of(folder: Path) -> dict[str, str]:
    """Return the name of each file that checks depend on, with the digest of its content."""
    found = {}
    for path in sorted(folder.iterdir()):
        with contextlib.suppress(OSError):  # an editor may replace it just now
            if path.suffix in _SUFFIXES and path.is_file():
                found[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def wait_for_change(folder: Path, seen: dict[str, str]) -> None:
    """Return when the files are no longer as they were.

    Files are compared by their content, so a file that was saved before the wait began counts, and one that
    is saved unchanged does not.

    Args:
        folder: the homework's folder.
        seen: what `state_of` returned before the last run.

    Raises:
        KeyboardInterrupt: the wait was interrupted.
        FileNotFoundError: the folder is gone.
    """
    if _changed(folder, seen):
        return
    for _ in _looks(folder):
        if not folder.is_dir():
            raise FileNotFoundError(folder)
        if _changed(folder, seen):
            return


def _looks(folder: Path) -> Iterator[object]:
    """Yield whenever a file was saved, and otherwise once a second."""
    from watchfiles import watch  # noqa: PLC0415 - only to watch

    try:
        yield from watch(
            folder,
            watch_filter=lambda _, path: path.endswith(_SUFFIXES),
            debounce=_DEBOUNCE_MS,
            step=_STEP_MS,
            rust_timeout=_LOOK_MS,
            yield_on_timeout=True,  # network file systems report nothing, and the first change may come early
            recursive=False,
        )
    except (OSError, RuntimeError):
        # A machine that many people share may have no watches left; watchfiles raises an error of its own.
        while True:
            time.sleep(_LOOK_MS / 1000)
            yield None


def _changed(folder: Path, seen: dict[str, str]) -> bool:
    """Return whether the files have changed, and the change is complete: no editor is writing one.

    A file that is being saved is empty for a moment, or absent.
    """
    try:
        if state_of(folder) == seen:
            return False
        time.sleep(_SETTLE_SECONDS)
        return state_of(folder) != seen
    except OSError:
        return False
