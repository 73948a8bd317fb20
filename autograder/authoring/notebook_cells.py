"""Compare the graded cells of a homework's notebook with those that ``homework.toml`` declares."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from autograder.homework import MANIFEST, Homework, HomeworkError
from autograder.judging.run_checks import verify_manifest


@dataclass(frozen=True, slots=True)
class GradedCell:
    """A graded cell, as nbgrader reads it.

    Attributes:
        name: its ``grade_id``.
        kind: ``code`` for a cell of checks, ``markdown`` for an answer.
        points: the points that it is worth.
        locked: students must not change it.
        answer: a person grades it.
    """

    name: str
    kind: str
    points: float
    locked: bool
    answer: bool

    def __str__(self) -> str:
        """Return a description for messages."""
        lock = "locked" if self.locked else "not locked"
        grader = "for a person to grade" if self.answer else "for checks"
        return f"a cell of {self.kind} worth {self.points:g} points, {lock}, {grader}"

    def agrees_with(self, other: GradedCell) -> bool:
        """Return whether another cell is the same; points may differ by a rounding error."""
        return math.isclose(self.points, other.points) and replace(other, points=self.points) == self


def verify_notebook(homework: Homework) -> None:
    """Compare the graded cells of the notebook with ``[notebook]``.

    Each group of checks must have one locked code cell, worth the sum of the checks' points. Each answer must
    have one text cell, worth the declared points.

    Raises:
        HomeworkError: the cells differ from that; the message says what to change.
    """
    if homework.notebook is None:
        return
    found = list(_graded_cells(homework))
    names = [cell.name for cell in found]
    if duplicates := [name for name in names if names.count(name) > 1]:
        raise HomeworkError(f"{homework.notebook_file}: two graded cells are named {duplicates[0]!r}.")
    here, wanted = {cell.name: cell for cell in found}, _wanted(homework)
    if here.keys() != wanted.keys():
        missing = ", ".join(sorted(wanted.keys() - here.keys())) or "none"
        extra = ", ".join(sorted(here.keys() - wanted.keys())) or "none"
        raise HomeworkError(
            f"{homework.notebook_file}: expected the graded cells of [notebook] in {MANIFEST}. "
            f"Missing: {missing}. Not declared: {extra}."
        )
    for name, cell in wanted.items():
        if not cell.agrees_with(here[name]):
            raise HomeworkError(
                f"{homework.notebook_file}: expected the cell {name} to be {cell}. Received: {here[name]}. "
                f"Change the cell, or [notebook] in {MANIFEST}."
            )


def _wanted(homework: Homework) -> Mapping[str, GradedCell]:
    """Return the declared graded cells, by name."""
    assert homework.notebook is not None
    points = verify_manifest(homework).points
    cells = [
        GradedCell(name, "code", sum(points[check] for check in group), locked=True, answer=False)
        for name, group in homework.notebook.checks.items()
    ]
    cells += [
        GradedCell(name, "markdown", worth, locked=False, answer=True)
        for name, worth in homework.notebook.answers.items()
    ]
    return {cell.name: cell for cell in cells}


def _graded_cells(homework: Homework) -> Iterator[GradedCell]:
    """Yield the graded cells of the notebook.

    Raises:
        HomeworkError: there is no notebook, or it cannot be read.
    """
    path = homework.notebook_file
    try:
        cells: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except FileNotFoundError as error:
        raise HomeworkError(f"Expected {path}: [notebook] declares its graded cells.") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise HomeworkError(f"{path} is not a notebook: {error}") from error
    for cell in cells:
        entries = cell.get("metadata", {}).get("nbgrader", {})
        if entries.get("grade") or entries.get("task"):
            yield GradedCell(
                name=entries.get("grade_id", ""),
                kind=cell.get("cell_type", ""),
                points=float(entries.get("points", 0)),
                locked=entries.get("locked", False),
                answer=entries.get("solution", False),
            )
