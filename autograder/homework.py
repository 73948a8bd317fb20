"""A homework as its author declares it in ``homework.toml``, and the course that holds it.

A course is a folder with ``assignments/`` (released) and ``solutions/`` (never released). A student's
copy is the released folder alone, so everything here also works without ``solutions/``.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

MANIFEST: Final = "homework.toml"
PUBLIC_CHECKS: Final = "test_public.py"
HIDDEN_CHECKS: Final = "test_hidden.py"
MORE_HIDDEN_CHECKS: Final = "test_hidden_*.py"


class HomeworkError(Exception):
    """A homework or course cannot be used; the message says what to change, and where."""


@dataclass(frozen=True, slots=True)
class HomeworkLimits:
    """What one job of a student's code may use.

    ``cpu_seconds`` bounds a job without training, ``training_cpu_seconds`` one with; the wall clock may
    run three times as long.
    """

    cpu_seconds: int = 10
    training_cpu_seconds: int = 60
    memory_mb: int = 2048


@dataclass(frozen=True, slots=True)
class Homework:
    """One homework.

    Attributes:
        name: as in ``autograder grade NAME``; in a course also the folder's name.
        title: what people read.
        dataset: name of the data set, see `autograder.datasets`.
        files: the files a student hands in; nothing else of a submission is ever read.
        max_score: sum of the points of all checks.
        checks: the identifier of every check, public and hidden. Collecting anything else is an error:
            a grader that collects nothing would pass everybody.
        limits: what a student's code may use.
        parameters: numbers that handout and checks share (epochs, batch size, …).
        folder: the released folder.
        solution: the folder with the reference and the hidden checks; None on a student's machine.
    """

    name: str
    title: str
    dataset: str
    files: tuple[str, ...]
    max_score: float
    checks: tuple[str, ...]
    limits: HomeworkLimits
    folder: Path
    solution: Path | None
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def check_files(self) -> tuple[Path, ...]:
        """The pytest files to run: the public one and, where they are, the hidden ones."""
        return (self.folder / PUBLIC_CHECKS, *self.hidden_checks)

    @property
    def hidden_checks(self) -> tuple[Path, ...]:
        """``test_hidden.py``, then any ``test_hidden_….py`` by name; nothing on a student's machine."""
        if self.solution is None:
            return ()
        return (self.solution / HIDDEN_CHECKS, *sorted(self.solution.glob(MORE_HIDDEN_CHECKS)))


@dataclass(frozen=True, slots=True)
class Course:
    """A folder with ``assignments/`` and ``solutions/``."""

    root: Path

    @classmethod
    def find(cls, start: Path) -> Course:
        """Return the course that holds ``start``: the nearest folder upwards with both parts.

        Raises:
            HomeworkError: there is none.
        """
        start = start.resolve()
        for folder in (start, *start.parents):
            if (folder / "assignments").is_dir() and (folder / "solutions").is_dir():
                return cls(folder)
        raise HomeworkError(
            f"Expected a course (a folder with assignments/ and solutions/) at {start} or above it. "
            "Run the command inside the course's folder, or name it with --course."
        )

    def homework_names(self) -> list[str]:
        """Return the names of all homeworks of the course, sorted."""
        return sorted(path.parent.name for path in (self.root / "assignments").glob(f"*/{MANIFEST}"))

    def homework(self, name: str) -> Homework:
        """Load one homework by name.

        Raises:
            HomeworkError: unknown name, or a manifest that cannot be used.
        """
        names = self.homework_names()
        if name not in names:
            known = ", ".join(names) or "(there is none yet)"
            raise HomeworkError(f"Expected one of the homeworks {known}. Received: {name!r}")
        homework = load_homework(self.root / "assignments" / name, self.root / "solutions" / name)
        if homework.name != name:
            raise HomeworkError(
                f"{homework.folder / MANIFEST}: expected name = {name!r}. Received: {homework.name!r}"
            )
        return homework


def load_homework(folder: Path, solution: Path | None = None) -> Homework:
    """Read ``homework.toml`` in ``folder``.

    Raises:
        HomeworkError: it is missing, is not TOML, or lacks or has an unknown or misshapen entry.
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
        solution=solution,
    )
    take.refuse_the_rest()
    if not 0 < homework.max_score < math.inf:
        raise HomeworkError(f"{path}: expected max_score above 0. Received: {homework.max_score:g}")
    _check_paths(path, homework.files)
    return homework


class _Entries:
    """Takes entries out of a table one by one, and complains about what nobody took."""

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

    def refuse_the_rest(self) -> None:
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
    """Return the ``[limits]`` table, each entry a positive whole number."""
    take = _Entries(path, table)
    names = ("cpu_seconds", "training_cpu_seconds", "memory_mb")
    chosen = {name: take(name, int, getattr(HomeworkLimits(), name)) for name in names}
    take.refuse_the_rest()
    for name, value in chosen.items():
        if value <= 0:
            raise HomeworkError(f"{path}: expected limits.{name} above 0. Received: {value}")
    return HomeworkLimits(**chosen)


def _check_paths(path: Path, files: tuple[str, ...]) -> None:
    """Refuse a declared file that is not a plain Python file name: it is joined to folders of ours."""
    for name in files:
        if Path(name).name != name or not name.endswith(".py") or not name[:-3].isidentifier():
            raise HomeworkError(
                f"{path}: expected 'files' to be module names such as cnn.py. Received: {name!r}"
            )
