"""The results of the class as a table for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.table import Column, Table
from rich.text import Text

from autograder.homework import Homework
from autograder.reports.names import look_alike_lines, shown_name
from autograder.reports.summary import by_student, points, what_happened
from autograder.result import SubmissionResult, SubmissionStatus
from autograder.untrusted import plain

_STYLES: Final = {
    SubmissionStatus.GRADED: "green",
    SubmissionStatus.NEEDS_STAFF: "bold magenta",
    SubmissionStatus.REJECTED: "red",
}


def class_table(results: Sequence[SubmissionResult], homework: Homework) -> Table:
    """Return a table with one row for each student: score, status, and what happened.

    The caption lists names that look alike. All cells are literal text, so that text from a student is never
    interpreted as markup.

    Args:
        results: one result for each student, in any order.
        homework: the graded homework.
    """
    table = Table(
        *(Column("student", no_wrap=True), Column("score", justify="right", no_wrap=True)),
        *(Column("status", no_wrap=True), Column("what happened", overflow="fold")),
        title=Text(homework.title),
        title_justify="left",
        header_style="bold",
        caption=_warning(results),
        caption_justify="left",
    )
    for result in by_student(results):
        table.add_row(
            Text(plain(shown_name(result.student), 60)),
            Text(f"{points(result.score)} / {points(result.max_score)}"),
            Text(result.status.words, style=_STYLES[result.status]),
            Text(what_happened(result)),
        )
    return table


def _warning(results: Sequence[SubmissionResult]) -> Text | None:
    """Return one line for each group of names that look alike; None if there are no such names."""
    lines = look_alike_lines(result.student for result in results)
    return (
        Text("\n".join(f"Names that look alike: {line}" for line in lines), "bold magenta") if lines else None
    )
