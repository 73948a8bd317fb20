"""One submission's result: the one that is kept, if it is about these files, else a new one."""

from __future__ import annotations

from pathlib import Path

from autograder.engines.class_files import read_pictures
from autograder.engines.grade_class import ClassRun
from autograder.grading.journal import Journal
from autograder.homework import Course, HomeworkError, SolvedHomework
from autograder.result import SubmissionResult, SubmissionStatus
from autograder.sandbox.tier import Tier, probe
from autograder.submission import Entry, RejectedSubmission, UnclearSubmission, read_submission


def result_of(
    course: Course, homework: SolvedHomework, entry: Entry, *, secret_paths: tuple[Path, ...]
) -> tuple[SubmissionResult, dict[str, bytes]]:
    """Return a submission's result and the pictures that it names.

    A kept result counts when it is about the files that are there now. Otherwise they are graded, and the
    result is kept beside the others.

    Args:
        course: the course.
        homework: one of its homeworks.
        entry: the submission.
        secret_paths: what must not exist inside the jail, beside the course.

    Raises:
        HomeworkError: it has to be graded, and this machine or the homework does not allow that.
    """
    out = course.results(homework.name)
    kept = Journal(out / "results.jsonl").read()
    result = kept.get(entry.student)
    if result is None or not _is_about(result, entry, homework):
        result = _grade(course, homework, entry, (*kept, entry.student), secret_paths)
    return result, read_pictures(out, result)


def _is_about(result: SubmissionResult, entry: Entry, homework: SolvedHomework) -> bool:
    """Whether a result is that of what lies there now."""
    try:
        return result.digest == read_submission(entry, homework).digest
    except RejectedSubmission as error:
        return (result.status, result.reason) == (SubmissionStatus.REJECTED, str(error))
    except UnclearSubmission as error:
        return (result.status, result.reason) == (SubmissionStatus.NEEDS_STAFF, str(error))


def _grade(
    course: Course,
    homework: SolvedHomework,
    entry: Entry,
    students: tuple[str, ...],
    secret_paths: tuple[Path, ...],
) -> SubmissionResult:
    """Grade one submission, and keep its result."""
    isolation = probe()
    if isolation.tier is Tier.NONE:
        raise HomeworkError(
            f"This machine cannot confine student code: {isolation.missing}. To mend it: {isolation.remedy}"
        )
    out = course.results(homework.name)
    run = ClassRun(
        course, homework, (entry,), tuple(dict.fromkeys(students)), out, isolation.tier, 1, secret_paths
    )
    results = run.grade(lambda _: None)
    return next(result for result in results if result.student == entry.student)
