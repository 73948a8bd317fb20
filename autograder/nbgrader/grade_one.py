"""Return the result of one submission: the known one if nothing that decides about it changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from autograder._files import file_name
from autograder.grading import pool
from autograder.grading.journal import Journal
from autograder.grading.known_results import KnownResults
from autograder.grading.local import LocalEngine
from autograder.grading.out_lock import locked
from autograder.grading.plan import plan_grades
from autograder.grading.publish import JOURNAL, Results
from autograder.homework import Course, Homework, HomeworkError, SolvedHomework
from autograder.pictures.store import read_pictures
from autograder.reports.feedback import PICTURES
from autograder.result import SubmissionResult, SubmissionStatus
from autograder.sandbox.tier import Isolation, Tier, probe
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

    A known result is used if neither the submission's files nor anything else that decides about it, such as
    a check, has changed since. Otherwise the submission is graded, and its result is stored with the others.

    Args:
        course: the course.
        homework: one of its homeworks.
        entry: the submission.
        secret_paths: paths that must not exist inside the sandbox, in addition to the course's folder.
        warn: called with a sentence about each line of ``results.jsonl`` that cannot be read, and about each
            known result that was damaged.

    Raises:
        HomeworkError, CertificateError, DatasetError: the submission must be graded, and this machine or the
            homework does not allow that.
    """
    out = course.results(homework.name)
    kept = Journal(out / JOURNAL).read()
    for sentence in kept.unreadable:
        warn(sentence)
    last = kept.results.get(entry.student)
    isolation = probe()
    if isolation.tier is Tier.NONE:
        last = _still_valid(last, entry, homework, isolation)
        return last, read_pictures(out / PICTURES / file_name(last.student), last)
    hidden = (out, *secret_paths)
    # A result of `autograder grade --calibrated-elsewhere` is used, and says so. None is made here.
    plan = plan_grades(course, homework, isolation.tier, hidden=hidden, calibrated_elsewhere=True)
    known = KnownResults(plan)
    graded = known.find(entry)
    known.tell(warn)
    # A submission that cannot be read is read again, and so has a time of its own.
    if graded and last and replace(graded.result, graded_at=last.graded_at) == last:
        return last, dict(graded.pictures)
    with locked(out):
        results = Results(out, homework)
        if graded is None:
            plan = plan_grades(course, homework, isolation.tier, hidden=hidden)
            engine = LocalEngine(1, results.grader_log)
            [graded] = pool.run(plan, [entry], engine, warn)
        results.add(graded)
        results.publish(tuple(dict.fromkeys((*results.before, entry.student))))
    return graded.result, dict(graded.pictures)


def _still_valid(
    last: SubmissionResult | None, entry: Entry, homework: Homework, isolation: Isolation
) -> SubmissionResult:
    """Return the last result if it belongs to the present files: nothing is graded without isolation.

    Raises:
        HomeworkError: the submission must be graded.
    """
    if last is None or not _is_about(last, entry, homework):
        raise HomeworkError(
            f"This machine cannot confine student code: {isolation.missing}. To fix it: {isolation.remedy}"
        )
    return last


def _is_about(result: SubmissionResult, entry: Entry, homework: Homework) -> bool:
    """Return whether a result belongs to the present files; without isolation, no more is known."""
    try:
        return result.digest == read_submission(entry, homework).digest
    except RejectedSubmission as error:
        return (result.status, result.reason) == (SubmissionStatus.REJECTED, str(error))
    except UnclearSubmission as error:
        return (result.status, result.reason) == (SubmissionStatus.NEEDS_STAFF, str(error))
