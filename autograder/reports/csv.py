"""The grades as a file for spreadsheets and other systems."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from autograder._files import write_atomically
from autograder.homework import Homework
from autograder.reports.names import look_alike_notes, shown_name
from autograder.reports.summary import by_student
from autograder.result import CheckResult, CheckStatus, SubmissionResult
from autograder.untrusted import plain

COLUMNS: Final = ("student", "status", "score", "max_score", "reason", "note")

# With these a spreadsheet begins a formula; the wide ones are what some input methods type.
_FORMULA: Final = tuple("=+-@\t\r\uff1d\uff0b\uff0d\uff20")


def write_grades(results: Sequence[SubmissionResult], homework: Homework, out: Path, when: datetime) -> None:
    """Write ``grades.csv``: one row a student, one column a check.

    A submission that needs staff has an empty score, and so has a check in which the grader failed: neither
    is a zero. ``note`` says whose name looks like somebody else's. Text that a spreadsheet would take for a
    formula begins with an apostrophe.

    Args:
        results: one result a student, in any order.
        homework: what was graded.
        out: the folder for results; the file there is replaced in one step.
        when: the time of the report.

    Raises:
        OSError: it cannot be written.
    """
    del homework, when
    # A dict, because it keeps the order in which the checks ran.
    checks = list(dict.fromkeys(check.id for result in results for check in result.checks))
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([*COLUMNS, *map(as_text, checks)])
    notes = look_alike_notes(result.student for result in results)
    writer.writerows(_row(result, notes.get(result.student, ""), checks) for result in by_student(results))
    write_atomically(out / "grades.csv", file.getvalue().encode())


def _row(result: SubmissionResult, note: str, checks: Sequence[str]) -> list[str]:
    scores = {check.id: _score(check) for check in result.checks}
    return [
        as_name(result.student),
        result.status.value,
        as_number(result.score),
        as_number(result.max_score),
        as_text(result.reason),
        note,
        *(scores.get(check, "") for check in checks),
    ]


def _score(check: CheckResult) -> str:
    return "" if check.status is CheckStatus.GRADER_ERROR else as_number(check.score)


def as_number(value: float | None) -> str:
    """Return a number in full, without a needless ``.0``; nothing for none."""
    if value is None:
        return ""
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def as_text(text: str) -> str:
    """Return a cell that a spreadsheet shows and does not run."""
    return _no_formula(plain(text, 1000))


def as_name(student: str) -> str:
    """Return a student's name as a cell: whole, so that other systems know it again."""
    return _no_formula(shown_name(student))


def _no_formula(shown: str) -> str:
    return f"'{shown}" if shown.lstrip().startswith(_FORMULA) else shown
