"""A course's own settings: the file ``nbgrader_settings.py``, beside ``nbgrader_config.py``."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any, Final

from autograder.homework import HomeworkError

SETTINGS: Final = "nbgrader_settings.py"


def apply_settings(config: Any, root: Path) -> None:
    """Run the course's own settings, if any; they may use ``config``, or ``c`` as in nbgrader's manual.

    An error in the file is raised here. nbgrader itself would only log it and use its own defaults, which run
    student code.

    Args:
        config: nbgrader's configuration.
        root: the course's folder.

    Raises:
        HomeworkError: the file raised an exception; the message says which, and in which line.
    """
    path = root / SETTINGS
    if not path.exists():
        return
    known = {"config": config, "c": config, "get_config": lambda: config, "__file__": str(path)}
    try:
        exec(compile(path.read_bytes(), path, "exec"), known)  # noqa: S102
    except Exception as error:
        raise HomeworkError(f"{path}, line {_line(error, path)}: {type(error).__name__}: {error}") from error


def _line(error: Exception, path: Path) -> int | str:
    """Return the line of the settings in which an error occurred; ``?`` if it is not known."""
    if isinstance(error, SyntaxError):
        return error.lineno or "?"
    lines = [
        frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)
    ]
    return (lines[-1] if lines else None) or "?"
