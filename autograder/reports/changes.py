"""What changed between two results of one student, in one line for staff."""

from __future__ import annotations

from autograder.reports.summary import points
from autograder.result import SubmissionResult, SubmissionStatus


def change_of(before: SubmissionResult, after: SubmissionResult) -> str:
    """Return what changed in a student's points and verdicts; empty if nothing did.

    Other messages, times and figures are no change.

    Args:
        before: the result of an earlier run.
        after: the result of this run.

    Returns:
        Such as ``ada: 36 → 38 points; lstm_step: failed → passed``.
    """
    old = {check.id: check.status.words for check in before.checks}
    new = {check.id: check.status.words for check in after.checks}
    both = {name: (old.get(name, "not there"), new.get(name, "not there")) for name in {**old, **new}}
    verdicts = [f"{name}: {was} → {now}" for name, (was, now) in both.items() if was != now]
    # Without checks on one side, the submission could not be graded: its points say everything.
    parts = verdicts if before.checks and after.checks else []
    if not parts and _grade(before) == _grade(after):
        return ""
    return f"{after.student}: {'; '.join([_grades(before, after), *parts])}"


def _grades(before: SubmissionResult, after: SubmissionResult) -> str:
    """Return the points of both results."""
    if _grade(before) == _grade(after):
        return _grade(after)
    if before.status is after.status is SubmissionStatus.GRADED:
        return f"{points(before.score)} → {points(after.score)} points"
    return f"{_grade(before)} → {_grade(after)}"


def _grade(result: SubmissionResult) -> str:
    """Return the points of a graded submission, or why there are none."""
    if result.status is SubmissionStatus.GRADED:
        return f"{points(result.score)} points"
    return result.status.words
