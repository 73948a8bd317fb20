"""``nbgrader export``: the grades of all students and homeworks in one file, compared with results.jsonl."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import ExportPlugin

from autograder._files import write_atomically
from autograder.grading.journal import Journal
from autograder.grading.publish import JOURNAL
from autograder.homework import Course
from autograder.reports.csv import as_name, as_number, as_text, csv_bytes
from autograder.reports.names import look_alike_notes
from autograder.result import SubmissionResult, SubmissionStatus
from autograder.untrusted import student_name

COLUMNS: Final = (
    *("homework", "student", "status", "timestamp"),
    *("checks", "answers", "late_penalty", "score", "max_score", "note"),
)
_SAME: Final = 1e-4


class GradesCsv(ExportPlugin):
    """Writes one line for each homework and student.

    ``checks`` are the points of all checks, as in ``results.jsonl``; ``answers`` are the points that graders
    gave. ``score`` is the final score, with graders' changes and the penalty for lateness. A student without
    a submission has a line without points. The column ``note`` is filled for a submission that was graded but
    not autograded, for a gradebook that differs from ``results.jsonl``, and for a name that looks like
    another one.
    """

    def export(self, gradebook: Gradebook) -> None:
        """Write the file of the option ``--to``; its default is ``grades.csv``.

        Args:
            gradebook: nbgrader's gradebook.

        Raises:
            OSError: the file cannot be written.
        """
        course = Course.find(Path(CourseDirectory(parent=self).root))
        rows = list(self._rows(gradebook, course))
        for row in rows:
            if row["note"]:
                self.log.warning("%s of %s: %s", row["homework"], row["student"], row["note"])
        write_atomically(
            Path(self.to or "grades.csv"),
            csv_bytes([COLUMNS, *([row[name] for name in COLUMNS] for row in rows)]),
        )

    def _rows(self, gradebook: Gradebook, course: Course) -> Iterator[dict[str, str]]:
        """Yield the lines, by homework and student."""
        for assignment in sorted(gradebook.assignments, key=lambda one: str(one.name)):
            if self.assignment and assignment.name not in self.assignment:
                continue
            content = Journal(course.results(assignment.name) / JOURNAL).read()
            for sentence in content.unreadable:
                self.log.warning("%s", sentence)
            results = content.results
            known = {str(one.id): student_name(str(one.id)) for one in gradebook.students}
            students = known | {name: name for name in results.keys() - known.values()}
            alike = look_alike_notes(sorted(students))
            for student in sorted(students):
                if not self.student or student in map(str, self.student):
                    row = _row(gradebook, assignment, student, results.get(students[student]))
                    row["note"] = " ".join(filter(None, (row["note"], alike.get(student))))
                    yield row


def _row(
    gradebook: Gradebook, assignment: Any, student: str, result: SubmissionResult | None
) -> dict[str, str]:
    """Return a student's line for one homework."""
    line = {
        "homework": as_text(assignment.name),
        "student": as_name(student),
        "max_score": as_number(assignment.max_score),
        "note": "",
    }
    try:
        submission = gradebook.find_submission(assignment.name, student)
    except MissingEntry:
        line |= {"status": "missing"}
        if result is not None:
            line |= {"status": "not_autograded", "note": f"Run: nbgrader autograde {assignment.name}"}
        return dict.fromkeys(COLUMNS, "") | line
    grades = [grade for notebook in submission.notebooks for grade in notebook.grades]
    automatic = [grade for grade in grades if grade.cell.cell_type == "code"]
    answers = sum(grade.score for grade in grades if grade.cell.cell_type != "code")
    penalty = submission.late_submission_penalty
    graded = all(grade.auto_score is not None for grade in automatic)
    checks = sum(grade.auto_score or 0.0 for grade in automatic)
    return line | {
        "status": _status(result, graded=graded, waits=submission.needs_manual_grade),
        "timestamp": submission.timestamp.isoformat() if submission.timestamp else "",
        "checks": as_number(round(checks, 6)) if graded else "",
        "answers": as_number(answers),
        "late_penalty": as_number(penalty),
        "score": as_number(max(0.0, submission.score - penalty)) if graded else "",
        "note": _note(result, checks if graded else None),
    }


def _status(result: SubmissionResult | None, *, graded: bool, waits: bool) -> str:
    """Return the status of a submission: what it waits for, or the status of its result."""
    if not graded:
        return "needs_staff"
    if waits:
        return "needs_manual_grade"
    return str(result.status) if result is not None else "graded"


def _note(result: SubmissionResult | None, checks: float | None) -> str:
    """Return how the gradebook differs from ``results.jsonl``; empty if it does not."""
    if result is None:
        return "There is no result in graded/. Run: autograder grade, then nbgrader autograde --force"
    score = None if result.status is SubmissionStatus.NEEDS_STAFF else result.score
    if (score is None) != (checks is None) or abs((score or 0.0) - (checks or 0.0)) > _SAME:
        return (
            f"results.jsonl says {as_number(score) or 'needs staff'}, the gradebook "
            f"{as_number(checks) or 'nothing'}. Run: nbgrader autograde --force"
        )
    return ""
