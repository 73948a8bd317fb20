"""Students call ``check("convolution")`` in a notebook to run the public checks of one graded cell.

It grades with the code of `autograder check`, and shows the same verdicts, with the pictures below them.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from autograder.homework import Homework, HomeworkError, load_homework
from autograder.judging.run_checks import ChecksBroken
from autograder.practice.lazy_runner import LazyRunner
from autograder.practice.practice import CANNOT_START, open_practice, start_runner
from autograder.reports.notebook_cell import cell_html, cell_text
from autograder.reports.shown import shown_pictures
from autograder.reports.summary import points
from autograder.result import CheckResult, CheckStatus


class ChecksFailed(AssertionError):  # noqa: N818 - a name for `nbgrader validate`
    """Not every public check of a cell passed."""


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The public checks of one graded cell, as a notebook shows them.

    Attributes:
        checks: one record per check.
        pictures: file name → PNG file, for the pictures that the records name.
        hidden: number of hidden checks of this cell.
        refusal: why no check was run; None if checks were run.
    """

    checks: tuple[CheckResult, ...] = ()
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    hidden: int = 0
    refusal: str | None = None

    def __repr__(self) -> str:
        return "\n".join(filter(None, (cell_text(self.checks, self.refusal), self._summary())))

    def _repr_html_(self) -> str:
        drawn = shown_pictures(self.checks, self.pictures)
        return cell_html(self.checks, self.refusal, pictures=drawn, summary=self._summary())

    def _summary(self) -> str:
        """Return a sentence with the public points and the number of hidden checks."""
        if self.refusal is not None:
            return ""
        earned = sum(check.score for check in self.checks)
        public = sum(check.max_score for check in self.checks)
        hidden = f"{self.hidden} hidden check{'s' if self.hidden != 1 else ''}"
        if not self.checks:
            return f"This part has no public checks; {hidden} will decide."
        rest = f" {hidden.capitalize()} will look at the rest." if self.hidden else ""
        return f"{points(earned)} of {points(public)} public points.{rest}"


def check(group: str, folder: Path | str = ".") -> Verdicts:
    """Run the public checks of one graded cell on the files in a folder.

    Args:
        group: the cell's name in ``homework.toml``.
        folder: the homework's folder; a notebook runs in its own folder.

    Returns:
        The verdicts of the checks, or why they could not be run; a notebook displays them.

    Raises:
        ChecksFailed: ``nbgrader validate`` runs the notebook, and not every check passed.
        RuntimeError: nbgrader runs the notebook to grade it, which is not how this homework is graded.
    """
    execution = os.environ.get("NBGRADER_EXECUTION", "")
    if execution == "autograde":
        raise RuntimeError(
            "nbgrader must not run this notebook to grade it: nbgrader_config.py is not in use."
        )
    try:
        verdicts = _run(group, Path(folder).resolve())
    except (*CANNOT_START, ChecksBroken) as error:
        verdicts = Verdicts(refusal=str(error))
        if _runner().failed is not None:  # the next cell may start one
            _end_runner()
    except KeyboardInterrupt:  # a job may be running whose reply is not read any more
        _end_runner()
        raise
    passed = all(one.status is CheckStatus.PASSED for one in verdicts.checks)
    failed = verdicts.refusal is not None or not passed
    if execution == "validate" and failed:
        raise ChecksFailed(f"\n{verdicts!r}")
    return verdicts


def _run(group: str, folder: Path) -> Verdicts:
    """Run the public checks of one graded cell."""
    homework = load_homework(folder)
    names = _group(homework, group)
    practice = open_practice(homework, folder, _runner())
    checks = tuple(one for one in practice.run(names) if one.id in names)
    return Verdicts(checks, practice.session.pictures, len(names) - len(checks))


def _group(homework: Homework, group: str) -> tuple[str, ...]:
    """Return the checks of a graded cell."""
    cells = homework.notebook.checks if homework.notebook is not None else {}
    if group not in cells:
        known = ", ".join(cells) or "(there is none)"
        raise HomeworkError(f"Expected one of the parts {known}. Received: {group!r}")
    return cells[group]


@lru_cache(maxsize=1)
def _runner() -> LazyRunner:
    """Return the runner of this kernel; it starts once, with the first job, and every cell uses it."""
    started = start_runner()
    atexit.register(started.close)
    return started


def _end_runner() -> None:
    """End the runner if there is one; the next cell starts a new one."""
    if not _runner.cache_info().currsize:
        return
    atexit.unregister(_runner().close)
    _runner().close()
    _runner.cache_clear()
