"""Reading ``homework.toml``: every entry is checked, and an error names the file and the entry."""

from __future__ import annotations

import math
import re
import tomllib
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from autograder.homework._declared import Homework, HomeworkError, HomeworkLimits, LatePolicy, NotebookCells

MANIFEST: Final = "homework.toml"


def load_homework(folder: Path) -> Homework:
    """Read ``homework.toml`` in ``folder``.

    Args:
        folder: the released folder of the homework.

    Raises:
        HomeworkError: the file is missing or not TOML, or an entry is missing, unknown or invalid.
    """
    path = folder / MANIFEST
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise HomeworkError(f"Expected a {MANIFEST} in {folder}, and there is none.") from error
    except OSError as error:
        raise HomeworkError(f"{path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise HomeworkError(f"{path} is not valid TOML: {error}") from error
    take = _Entries(path, entries)
    homework = Homework(
        name=take("name", str),
        title=take("title", str),
        dataset=take("dataset", str),
        files=_names(path, "files", take("files", list)),
        max_score=float(take("max_score", int | float)),
        checks=_names(path, "checks", take("checks", list)),
        limits=_limits(path, take("limits", dict, {})),
        parameters=take("parameters", dict, {}),
        folder=folder,
        notebook=_notebook(path, take("notebook", dict, {}), entries["checks"]),
        late=_late(path, take("late", dict, {})),
    )
    take.refuse_unknown()
    if not 0 < homework.max_score < math.inf:
        raise HomeworkError(f"{path}: expected max_score above 0. Received: {homework.max_score:g}")
    _check_paths(path, homework.files)
    return homework


class _Entries:
    """Takes entries out of a table one by one, and raises an error for entries that are left over."""

    def __init__(self, path: Path, table: dict[str, Any]) -> None:
        self._path = path
        self._table = dict(table)

    def __call__(self, key: str, kind: Any, default: Any = None) -> Any:
        value = self._table.pop(key, default)
        if value is None:
            raise HomeworkError(f"{self._path}: expected an entry {key!r}, and there is none.")
        if not isinstance(value, kind) or isinstance(value, bool):  # to Python, true is a whole number
            wanted = getattr(kind, "__name__", str(kind))
            raise HomeworkError(f"{self._path}: expected {key!r} to be {wanted}. Received: {value!r}")
        return value

    def refuse_unknown(self) -> None:
        if self._table:
            raise HomeworkError(f"{self._path}: unknown entries {', '.join(sorted(self._table))}.")


def _names(path: Path, key: str, values: list[Any]) -> tuple[str, ...]:
    """Return ``values`` as distinct, non-empty strings."""
    if not values or not all(isinstance(value, str) and value for value in values):
        raise HomeworkError(f"{path}: expected {key!r} to be a list of names. Received: {values!r}")
    if len(set(values)) != len(values):
        raise HomeworkError(f"{path}: {key!r} names something twice. Received: {values!r}")
    return tuple(values)


def _limits(path: Path, table: dict[str, Any]) -> HomeworkLimits:
    """Return the ``[limits]`` table; each entry is a positive whole number."""
    take = _Entries(path, table)
    chosen = {name: take(name, int, default) for name, default in asdict(HomeworkLimits()).items()}
    take.refuse_unknown()
    for name, value in chosen.items():
        if value <= 0:
            raise HomeworkError(f"{path}: expected limits.{name} above 0. Received: {value}")
    return HomeworkLimits(**chosen)


def _notebook(path: Path, table: dict[str, Any], checks: list[str]) -> NotebookCells | None:
    """Return the ``[notebook]`` table; every check is in one cell, and every answer has points."""
    if not table:
        return None
    take = _Entries(path, table)
    groups, answers = take("checks", dict), take("answers", dict, {})
    take.refuse_unknown()
    cells = {name: _names(path, f"notebook.checks.{name}", group) for name, group in groups.items()}
    for name in [*cells, *answers]:
        if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
            raise HomeworkError(f"{path}: expected cells with plain names in [notebook]. Received: {name!r}")
    if double := sorted(cells.keys() & answers.keys()):
        raise HomeworkError(f"{path}: [notebook] names a cell of checks and of an answer alike: {double[0]}")
    grouped = [check for group in cells.values() for check in group]
    if sorted(grouped) != sorted(checks):
        missing = ", ".join(sorted(set(checks) - set(grouped))) or "none"
        extra = ", ".join(sorted({one for one in grouped if one not in checks or grouped.count(one) > 1}))
        raise HomeworkError(
            f"{path}: expected [notebook.checks] to name every check once. Not named: {missing}. "
            f"Unknown or named twice: {extra or 'none'}."
        )
    points = _Entries(path, answers)
    worth = {name: float(points(name, int | float)) for name in answers}
    for name, number in worth.items():
        _expect_between(path, f"notebook.answers.{name}", number, 0.0, math.inf)
    return NotebookCells(cells, worth)


def _late(path: Path, table: dict[str, Any]) -> LatePolicy | None:
    """Return the ``[late]`` table."""
    if not table:
        return None
    take = _Entries(path, table)
    policy = LatePolicy(
        percent_per_day=float(take("percent_per_day", int | float)),
        free_minutes=float(take("free_minutes", int | float, 0)),
        most_percent=float(take("most_percent", int | float, 100)),
    )
    take.refuse_unknown()
    _expect_between(path, "late.percent_per_day", policy.percent_per_day, 0.0, 100.0)
    _expect_between(path, "late.most_percent", policy.most_percent, 0.0, 100.0)
    if not 0 <= policy.free_minutes < math.inf:
        raise HomeworkError(f"{path}: expected late.free_minutes from 0. Received: {policy.free_minutes:g}")
    return policy


def _expect_between(path: Path, key: str, number: float, above: float, most: float) -> None:
    """Refuse a number that is not in the interval ``(above, most]``; also NaN and infinity."""
    if not (above < number <= most and number < math.inf):
        bounds = f"above {above:g}" + (f" and up to {most:g}" if most < math.inf else "")
        raise HomeworkError(f"{path}: expected {key} {bounds}. Received: {number:g}")


def _check_paths(path: Path, files: tuple[str, ...]) -> None:
    """Refuse a declared file that is not a plain Python file name: it becomes a part of paths."""
    for name in files:
        if Path(name).name != name or not name.endswith(".py") or not name[:-3].isidentifier():
            raise HomeworkError(
                f"{path}: expected 'files' to be module names such as cnn.py. Received: {name!r}"
            )
