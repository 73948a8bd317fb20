"""Return the result of one submission: the stored one if its files have not changed, else a new one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from autograder._files import file_name
from autograder.grading import pool
from autograder.grading.journal import Journal
from autograder.grading.local import LocalEngine
from autograder.grading.plan import plan_grades
from autograder.grading.publish import JOURNAL, Results
from autograder.homework import Course, Homework, HomeworkError, SolvedHomework
from autograder.pictures.store import read_pictures
from autograder.reports.feedback import PICTURES
from autograder.result import SubmissionResult, SubmissionStatus
from autograder.sandbox.tier import Tier, probe
from autograder.submission import Entry, RejectedSubmission, UnclearSubmission, read_submission


def result_of(
    course: Course,
    homework: SolvedHomework,
    entry: Entry,
    *,
    secret_paths: tuple[Path, ...],
    warn: Callable[[str], None],
) -> tuple[SubmissionResult, dict[str, bytes]]:
    """Return a submission's result and the pictures that it names.

    A stored result is used if the submission's files have not changed since. Otherwise the submission is
    graded, and its result is stored with the others.

    Args:
        course: the course.
        homework: one of its homeworks.
        entry: the submission.
        secret_paths: paths that must not exist inside the sandbox, in addition to the course's folder.
        warn: called with a sentence about each line of ``results.jsonl`` that cannot be read.

    Raises:
        HomeworkError, CertificateError, DatasetError: the submission must be graded, and this machine or the
            homework does not allow that.
    """
    out = course.results(homework.name)
    kept = Journal(out / JOURNAL).read()
    for sentence in kept.unreadable:
        warn(sentence)
    result = kept.results.get(entry.student)
    if result is None or not _is_about(result, entry, homework):
        result = _grade(course, homework, entry, (*kept.results, entry.student), secret_paths)
    folder = out / PICTURES / file_name(result.student)
    return result, read_pictures(folder, result)


def _is_about(result: SubmissionResult, entry: Entry, homework: Homework) -> bool:
    """Return whether a result belongs to the submission's present files."""
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
    """Grade one submission, and store its result."""
    isolation = probe()
    if isolation.tier is Tier.NONE:
        raise HomeworkError(
            f"This machine cannot confine student code: {isolation.missing}. To fix it: {isolation.remedy}"
        )
    out = course.results(homework.name)
    plan = plan_grades(course, homework, isolation.tier, hidden=(out, *secret_paths))
    results = Results(out, homework)
    [graded] = pool.run(plan, [entry], LocalEngine(1, results.grader_log))
    results.add(graded)
    results.publish(tuple(dict.fromkeys(students)))
    return graded.result
