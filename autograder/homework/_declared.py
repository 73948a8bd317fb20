"""What an author declares about a homework."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final

PUBLIC_CHECKS: Final = "test_public.py"
SHARED_FIXTURES: Final = "conftest.py"
HIDDEN_CHECKS: Final = "test_hidden.py"
MORE_HIDDEN_CHECKS: Final = "test_hidden_*.py"
_SECONDS_OF_A_DAY: Final = 24 * 60 * 60


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
class NotebookCells:
    """What is graded in a homework's notebook: ``[notebook.checks]`` and ``[notebook.answers]``.

    Attributes:
        checks: a locked cell's identifier → the checks whose points it has; each check is in one cell.
        answers: the identifier of a cell for a written answer → its points, which a person gives. They come
            on top of the homework's ``max_score``.
    """

    checks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    answers: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LatePolicy:
    """What lateness costs: ``[late]``.

    Attributes:
        free_minutes: as late as that costs nothing.
        percent_per_day: of the score, for each day that has begun since the homework was due.
        most_percent: it never costs more.
    """

    percent_per_day: float
    free_minutes: float = 0.0
    most_percent: float = 100.0

    def share_lost(self, seconds_late: float) -> float:
        """Return the share of the score, from 0 to 1, that so many seconds cost."""
        if seconds_late <= 60 * self.free_minutes:
            return 0.0
        days = math.ceil(seconds_late / _SECONDS_OF_A_DAY)
        return min(self.percent_per_day * days, self.most_percent) / 100


@dataclass(frozen=True, slots=True)
class Homework:
    """One homework, as students have it.

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
        notebook: the graded cells of the notebook; None where nothing in a notebook is graded.
        late: what lateness costs; None for nothing.
    """

    name: str
    title: str
    dataset: str
    files: tuple[str, ...]
    max_score: float
    checks: tuple[str, ...]
    limits: HomeworkLimits
    folder: Path
    parameters: Mapping[str, Any] = field(default_factory=dict)
    notebook: NotebookCells | None = None
    late: LatePolicy | None = None

    @property
    def notebook_file(self) -> Path:
        """Where the notebook is, if there is one."""
        return self.folder / f"{self.name}.ipynb"

    @property
    def check_files(self) -> tuple[Path, ...]:
        """The pytest files to run: those that are there."""
        return (self.folder / PUBLIC_CHECKS,)

    @property
    def check_folders(self) -> tuple[Path, ...]:
        """The folders with checks and their helper modules."""
        return (self.folder,)


@dataclass(frozen=True, slots=True)
class SolvedHomework(Homework):
    """A homework with its solution, as staff have it.

    Attributes:
        solution: the folder with the reference and the hidden checks.
    """

    solution: Path = field(kw_only=True)

    @classmethod
    def of(cls, homework: Homework, solution: Path) -> SolvedHomework:
        """Return a homework together with the folder of its solution."""
        declared = {entry.name: getattr(homework, entry.name) for entry in fields(Homework)}
        return cls(**declared, solution=solution)

    @property
    def hidden_checks(self) -> tuple[Path, ...]:
        """``test_hidden.py``, then any ``test_hidden_….py`` by name."""
        return (self.solution / HIDDEN_CHECKS, *sorted(self.solution.glob(MORE_HIDDEN_CHECKS)))

    @property
    def check_files(self) -> tuple[Path, ...]:
        """The pytest files to run: the public one, then the hidden ones."""
        return (self.folder / PUBLIC_CHECKS, *self.hidden_checks)

    @property
    def check_folders(self) -> tuple[Path, ...]:
        """The folders with checks and their helper modules: the released one, and the other."""
        return (self.folder, self.solution)
