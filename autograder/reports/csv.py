"""The grades as a CSV file for spreadsheets and other systems."""

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

# A spreadsheet treats text that starts with one of these as a formula. Input methods may type wide forms.
_FORMULA: Final = tuple("=+-@\t\r\uff1d\uff0b\uff0d\uff20")


def write_grades(results: Sequence[SubmissionResult], homework: Homework, out: Path, when: datetime) -> None:
    """Write ``grades.csv``: one row for each student, one column for each check.

    A submission that needs staff has an empty score, never a zero. So has a check in which the grader failed.
    The column ``note`` warns about a student's name that looks like another student's name. Text that a
    spreadsheet would treat as a formula gets an apostrophe in front.

    Args:
        results: one result for each student, in any order.
        homework: not used; all functions that write reports have the same arguments.
        out: the folder for results; an existing file there is replaced atomically.
        when: not used, see ``homework``.

    Raises:
        OSError: the file cannot be written.
    """
    del homework, when
    # A dict removes duplicates and keeps the order in which the checks ran.
    checks = list(dict.fromkeys(check.id for result in results for check in result.checks))
    notes = look_alike_notes(result.student for result in results)
    rows = [_row(result, notes.get(result.student, ""), checks) for result in by_student(results)]
    write_atomically(out / "grades.csv", csv_bytes([[*COLUMNS, *map(as_text, checks)], *rows]))


def csv_bytes(rows: Sequence[Sequence[str]]) -> bytes:
    """Return rows of cells as a CSV file.

    Where a semicolon separates cells, as in the spreadsheets of some countries, a name with a semicolon could
    begin a cell of its own with a formula. So all cells are in quotes when one has a semicolon.
    """
    file = io.StringIO(newline="")
    if any(";" in cell for row in rows for cell in row):
        csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    else:
        csv.writer(file, lineterminator="\n").writerows(rows)
    return file.getvalue().encode()


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
    """Return a number in full precision, without ``.0`` for a whole number; an empty string for None."""
    if value is None:
        return ""
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def as_text(text: str) -> str:
    """Return text as a cell that a spreadsheet does not evaluate."""
    return _no_formula(plain(text, 1000))


def as_name(student: str) -> str:
    """Return a student's name as a cell; it is never shortened, so that other systems can match it.

    A name that begins with an apostrophe gets another one: otherwise it could be that of a name whose
    apostrophe was added here.
    """
    shown = shown_name(student)
    return f"'{shown}" if shown.startswith("'") else _no_formula(shown)


def _no_formula(shown: str) -> str:
    return f"'{shown}" if shown.lstrip().startswith(_FORMULA) else shown
