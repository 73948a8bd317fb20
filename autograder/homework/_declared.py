"""The data of a homework, as its author declares it."""

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
    """A homework or course is invalid; the message says what to change, and where."""


@dataclass(frozen=True, slots=True)
class HomeworkLimits:
    """The limits of a submission's jobs.

    Times are multiples of what the reference needs on the same machine. If the certificate has no cost, they
    are seconds.

    Attributes:
        call_times: a job without training, as a multiple of the reference's longest one.
        training_times: a job with training, as a multiple of the reference's longest one.
        submission_times: all jobs together, as a multiple of the reference's.
        cpu_seconds: processor time of a job without training, in seconds, without a measured reference.
        training_cpu_seconds: processor time of a job with training, likewise.
        memory_mb: resident memory in megabytes.
    """

    call_times: int = 20
    training_times: int = 10
    submission_times: int = 6
    cpu_seconds: int = 10
    training_cpu_seconds: int = 60
    memory_mb: int = 2048


@dataclass(frozen=True, slots=True)
class NotebookCells:
    """The graded cells of a homework's notebook: ``[notebook.checks]`` and ``[notebook.answers]``.

    Attributes:
        checks: identifier of a locked cell → the checks whose points it has; each check is in one cell.
        answers: identifier of a cell for a written answer → its points, which staff give. They are added to
            the homework's ``max_score``.
    """

    checks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    answers: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LatePolicy:
    """The penalty for late submissions: ``[late]``.

    Attributes:
        percent_per_day: percent of the score that each day costs that has begun since the homework was due.
        free_minutes: minutes by which a submission may be late without a penalty.
        most_percent: the largest penalty, in percent of the score.
    """

    percent_per_day: float
    free_minutes: float = 0.0
    most_percent: float = 100.0

    def share_lost(self, seconds_late: float) -> float:
        """Return the penalty as a share of the score, from 0 to 1.

        Args:
            seconds_late: seconds from the due date to the submission.
        """
        if seconds_late <= 60 * self.free_minutes:
            return 0.0
        days = math.ceil(seconds_late / _SECONDS_OF_A_DAY)
        return min(self.percent_per_day * days, self.most_percent) / 100


@dataclass(frozen=True, slots=True)
class Homework:
    """One homework, as students have it.

    Attributes:
        name: as in ``autograder grade NAME``; in a course also the folder's name.
        title: the title for readers.
        dataset: name of the data set, see `autograder.datasets`.
        files: the files that a student hands in; no other file of a submission is read.
        max_score: sum of the points of all checks.
        checks: the identifiers of all checks, public and hidden. Collecting other checks, or fewer, is an
            error: a run without checks would pass every student.
        limits: the limits of student code.
        folder: the released folder.
        parameters: numbers that handout and checks share (epochs, batch size, …).
        notebook: the graded cells of the notebook; None if no notebook is graded.
        late: the penalty for late submissions; None for no penalty.
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
        """The path of the notebook; the file may be missing."""
        return self.folder / f"{self.name}.ipynb"

    @property
    def check_files(self) -> tuple[Path, ...]:
        """The pytest files to run: the public one."""
        return (self.folder / PUBLIC_CHECKS,)

    @property
    def check_folders(self) -> tuple[Path, ...]:
        """The folder with public checks and their helper modules."""
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
        """Return a homework together with its solution.

        Args:
            homework: the homework.
            solution: the folder with the reference and the hidden checks.
        """
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
        """The folders with checks and their helper modules: the released one, then the solution."""
        return (self.folder, self.solution)
