"""What staff read about the changes since the last run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autograder.reports.changes import change_of
from autograder.result import CheckResult, CheckStatus, SubmissionResult, SubmissionStatus, Visibility

PASSED, FAILED, PARTIAL = CheckStatus.PASSED, CheckStatus.FAILED, CheckStatus.PARTIAL


def result(score: float | None, **checks: CheckStatus) -> SubmissionResult:
    records = tuple(
        CheckResult(name, name, Visibility.HIDDEN, 0, 2, status, message=f"{score}")
        for name, status in checks.items()
    )
    return SubmissionResult("ada", "rnn", "", SubmissionStatus.GRADED, score, 40, checks=records)


REJECTED = replace(result(0), status=SubmissionStatus.REJECTED, reason="no file")
WAITING = replace(result(None), status=SubmissionStatus.NEEDS_STAFF, reason="lost")


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (
            result(36, a=PASSED, b=FAILED),
            result(38, a=PASSED, b=PASSED),
            "36 → 38 points; b: failed → passed",
        ),
        (result(36, a=FAILED), result(36, a=PARTIAL), "36 points; a: failed → partly passed"),
        (result(36, a=PASSED), result(38.5, a=PASSED), "36 → 38.5 points"),
        (
            result(36, a=PASSED),
            result(38, b=PASSED),
            "36 → 38 points; a: passed → not there; b: not there → passed",
        ),
        (REJECTED, result(38, a=PASSED), "rejected → 38 points"),
        (result(38, a=PASSED), WAITING, "38 points → needs staff"),
    ],
)
def test_a_line_says_what_changed(before: SubmissionResult, after: SubmissionResult, words: str) -> None:
    assert change_of(before, after) == f"ada: {words}"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (result(36, a=PASSED), replace(result(36, a=PASSED), seconds=9.0, digest="sha256:1")),
        (result(36, a=FAILED), replace(result(36, a=FAILED), checks=result(35, a=FAILED).checks)),
        (REJECTED, replace(REJECTED, reason="another")),
        (WAITING, WAITING),
    ],
)
def test_other_times_and_messages_are_no_change(before: SubmissionResult, after: SubmissionResult) -> None:
    assert change_of(before, after) == ""
