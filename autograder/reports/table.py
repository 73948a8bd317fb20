"""The class as a table on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.table import Table
from rich.text import Text

from autograder.homework import Homework
from autograder.reports.summary import by_student, points, what_happened
from autograder.reports.text import plain
from autograder.result import SubmissionResult, SubmissionStatus

_STYLES: Final = {
    SubmissionStatus.GRADED: "green",
    SubmissionStatus.NEEDS_STAFF: "bold magenta",
    SubmissionStatus.REJECTED: "red",
}


def class_table(results: Sequence[SubmissionResult], homework: Homework) -> Table:
    """Return one row a student: score, status, and what happened.

    Everything is passed as literal text, so that nothing a student wrote is taken for markup.

    Args:
        results: one result a student, in any order.
        homework: what was graded.
    """
    table = Table(title=Text(homework.title), title_justify="left", header_style="bold")
    table.add_column("student", no_wrap=True)
    table.add_column("score", justify="right", no_wrap=True)
    table.add_column("status", no_wrap=True)
    table.add_column("what happened", overflow="fold")
    for result in by_student(results):
        table.add_row(
            Text(plain(result.student, 60)),
            Text(f"{points(result.score)} / {points(result.max_score)}"),
            Text(result.status.words, style=_STYLES[result.status]),
            Text(what_happened(result)),
        )
    return table
