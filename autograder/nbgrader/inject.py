"""The preprocessor that replaces running a notebook: it puts results into the graded cells."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor

from autograder.homework import Course, Homework, HomeworkError
from autograder.nbgrader.grade_one import result_of
from autograder.nbgrader.refuse import refuse_overwriting
from autograder.reports.notebook_cell import cell_html, cell_text
from autograder.reports.shown import Shown, shown_pictures
from autograder.result import CheckResult, SubmissionResult, SubmissionStatus
from autograder.submission import Entry, find_submissions

_PRECISION: Final = 6


class NeedsStaff(Exception):  # noqa: N818 - an outcome of one submission
    """A submission has no grade yet. nbgrader logs that, leaves it ungraded, and continues."""


class InjectResults(NbGraderPreprocessor):
    """Writes the results of `autograder grade` into the graded cells; runs no cell of the student.

    A submission that was not graded yet, or whose files have changed since, is graded first.
    """

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        """Put the results into one notebook.

        Args:
            nb: the notebook.
            resources: nbgrader's names of homework, notebook and student.

        Returns:
            The same notebook and resources.

        Raises:
            NeedsStaff: the submission has no grade; a fault in the grader must not become a zero.
            HomeworkError: the points in the release differ from those of the checks.
        """
        names = resources["nbgrader"]
        folders = CourseDirectory(parent=self)
        course = Course.find(Path(folders.root))
        homework = course.homework(names["assignment"])
        if homework.notebook is None or names["notebook"] != homework.name:
            return nb, resources
        refuse_overwriting(self.config.Autograde.exclude_overwriting, {homework.name: homework.files})
        submitted = Path(folders.root, folders.submitted_directory)
        entry = replace(_entry(submitted, names["student"]), homework=homework.name)
        result, pictures = result_of(
            course, homework, entry, secret_paths=(submitted,), warn=self.log.warning
        )
        if result.status is SubmissionStatus.NEEDS_STAFF:
            raise NeedsStaff(f"{homework.name} of {entry.student} has no grade yet. {result.reason}")
        for cell in nb.cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
            if name in homework.notebook.checks:
                group = homework.notebook.checks[name]
                checks = [check for check in result.checks if check.id in group]
                if result.status is not SubmissionStatus.REJECTED:  # no check was run then
                    _refuse_other_points(homework, name, checks, cell.metadata["nbgrader"]["points"])
                cell.outputs = list(_outputs(result, checks, pictures))
        return nb, resources


def _entry(submitted: Path, student: str) -> Entry:
    """Return a student's entry in the folder of submissions, as `autograder grade` finds it.

    Raises:
        NeedsStaff: there is no such submission.
    """
    wanted = submitted / student
    for entry in find_submissions(submitted):
        if wanted in entry.paths:
            return entry
    raise NeedsStaff(f"{wanted} is not a submission that can be graded; is its name a student's?")


def _refuse_other_points(homework: Homework, name: str, checks: list[CheckResult], points: float) -> None:
    """Refuse results whose points differ from the release: nbgrader would store only a part of them."""
    worth = sum(check.max_score for check in checks)
    if not math.isclose(worth, float(points)):
        raise HomeworkError(
            f"{name} is worth {worth:g} points, and was {float(points):g} in the release. Run: "
            f"nbgrader generate_assignment {homework.name} --force, then nbgrader autograde {homework.name}"
        )


def _outputs(
    result: SubmissionResult, checks: list[CheckResult], pictures: Mapping[str, bytes]
) -> Iterator[NotebookNode]:
    """Yield the outputs of a graded cell: verdicts, pictures, and the score that nbgrader reads."""
    refusal = result.reason if result.status is SubmissionStatus.REJECTED else None
    verdicts = {"text/html": cell_html(checks, refusal), "text/plain": cell_text(checks, refusal)}
    yield new_output("display_data", verdicts)
    for picture in shown_pictures(checks, pictures):
        yield from _picture(picture)
    yield new_output("execute_result", {"text/plain": _score(checks)}, execution_count=None)


def _picture(picture: Shown) -> Iterator[NotebookNode]:
    """Yield a picture with its caption above it."""
    yield new_output("stream", name="stdout", text=f"{picture.caption}\n")
    data = {"image/png": picture.base64, "text/plain": picture.caption}
    yield new_output("display_data", data, metadata={"image/png": {"alt": picture.caption}})


def _score(checks: list[CheckResult]) -> str:
    """Return a score that nbgrader can read with ``float()``: between 0 and the cell's points."""
    worth = sum(check.max_score for check in checks)
    return repr(float(min(max(round(sum(check.score for check in checks), _PRECISION), 0.0), worth)))
