"""Statistics and phrases about a class that the table, the page and the CSV file share."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Final

from autograder.result import CheckResult, CheckStatus, SubmissionResult, SubmissionStatus, Visibility
from autograder.untrusted import plain

BINS: Final = 10
_TELLS_LITTLE: Final = {CheckStatus.NOT_ATTEMPTED: 1, CheckStatus.SKIPPED: 2}


def points(value: float | None) -> str:
    """Return a score with at most two decimals; a dash for None."""
    return "\N{EN DASH}" if value is None else f"{round(value, 2):.10g}"


def by_student(results: Sequence[SubmissionResult]) -> list[SubmissionResult]:
    """Return the results sorted as people sort names: ``s9`` before ``s10``."""

    def key(result: SubmissionResult) -> list[tuple[str, int]]:
        parts = re.findall(r"([0-9]+)|([^0-9]+)", result.student.casefold())
        return [(text, int(number[:18] or 0)) for number, text in parts]

    return sorted(results, key=key)


def tally(results: Sequence[SubmissionResult]) -> str:
    """Return the number of submissions of each status, such as "6 graded, 2 rejected, 1 needs staff"."""
    counts = Counter(result.status for result in results)
    parts = [f"{counts[SubmissionStatus.GRADED]} graded"]
    if rejected := counts[SubmissionStatus.REJECTED]:
        parts.append(f"{rejected} rejected")
    if waiting := counts[SubmissionStatus.NEEDS_STAFF]:
        parts.append(f"{waiting} {'needs' if waiting == 1 else 'need'} staff")
    return ", ".join(parts)


def what_happened(result: SubmissionResult) -> str:
    """Return one line about a submission: why it has no grade, or a check that it did not pass."""
    if result.status is not SubmissionStatus.GRADED:
        return plain(result.reason, 200) or "no reason was recorded"
    missed = [check for check in result.checks if check.status is not CheckStatus.PASSED]
    if not missed:
        return "all checks passed" if result.checks else "no check ran"
    if all(check.status is CheckStatus.NOT_ATTEMPTED for check in result.checks):
        return "nothing was attempted"
    # A check is skipped because another check did not pass, and what was not attempted says little.
    first = min(missed, key=lambda check: _TELLS_LITTLE.get(check.status, 0))
    more = f" (+{len(missed) - 1} more)" if len(missed) > 1 else ""
    why = f". {plain(first.message, 200)}" if first.message else ""
    return f"{first.status.words}: {plain(first.title, 120)}{more}{why}"


@dataclass(frozen=True, slots=True)
class CheckFigures:
    """Statistics of one check.

    Attributes:
        id: the check's identifier.
        title: the check's title for people.
        visibility: whether students get the check's source.
        max_score: the points of the check.
        passed: the number of submissions that passed.
        partial: the number of submissions that partly passed.
        failed: the number of submissions that failed.
        others: text of every other status that occurred, and its number.
        share: mean share of the points, without grader faults; None if no result counts.
    """

    id: str
    title: str
    visibility: Visibility
    max_score: float
    passed: int
    partial: int
    failed: int
    others: tuple[tuple[str, int], ...]
    share: float | None

    @property
    def total(self) -> int:
        """The number of submissions that have a result of this check."""
        return self.passed + self.partial + self.failed + sum(count for _, count in self.others)


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """Statistics of a class.

    Attributes:
        submissions: the number of submissions.
        statuses: status → number of submissions.
        mean: mean score, where a rejected submission counts as 0; None if no submission has a score.
        median: median score, likewise.
        full: the number of submissions with the maximum score.
        bins: the number of scores in each tenth of the maximum; the maximum belongs to the last tenth.
        checks: the statistics of each check, the lowest mean share first.
    """

    submissions: int
    statuses: dict[SubmissionStatus, int]
    mean: float | None
    median: float | None
    full: int
    bins: tuple[int, ...]
    checks: tuple[CheckFigures, ...]


def class_figures(results: Sequence[SubmissionResult], max_score: float) -> ClassFigures:
    """Return the statistics of a class.

    Args:
        results: one result for each student.
        max_score: the points of the homework.
    """
    scores = [result.score for result in results if result.score is not None]
    bins = Counter(_bin(score, max_score) for score in scores)
    return ClassFigures(
        submissions=len(results),
        statuses={status: sum(result.status is status for result in results) for status in SubmissionStatus},
        mean=fmean(scores) if scores else None,
        median=median(scores) if scores else None,
        full=sum(score >= max_score for score in scores),
        bins=tuple(bins[number] for number in range(BINS)),
        checks=_all_check_figures(results),
    )


def _bin(score: float, max_score: float) -> int:
    # The small addend corrects rounding: 0.3 of the points, which no float equals, counts as three tenths.
    return min(BINS - 1, max(0, int(BINS * score / max_score + 1e-9))) if max_score else BINS - 1


def _all_check_figures(results: Sequence[SubmissionResult]) -> tuple[CheckFigures, ...]:
    """Return the statistics of each check that ran, the lowest mean share first."""
    runs: dict[str, list[CheckResult]] = {}
    for result in results:
        for check in result.checks:
            runs.setdefault(check.id, []).append(check)
    figures = [_check_figures(checks) for checks in runs.values()]
    return tuple(sorted(figures, key=lambda check: 2.0 if check.share is None else check.share))


def _check_figures(runs: Sequence[CheckResult]) -> CheckFigures:
    """Return the statistics of one check from its results in all submissions."""
    counts = Counter(run.status for run in runs)
    shares = [
        run.score / run.max_score
        for run in runs
        if run.max_score and run.status is not CheckStatus.GRADER_ERROR
    ]
    main = (CheckStatus.PASSED, CheckStatus.PARTIAL, CheckStatus.FAILED)
    return CheckFigures(
        id=runs[0].id,
        title=runs[0].title,
        visibility=runs[0].visibility,
        max_score=runs[0].max_score,
        passed=counts[CheckStatus.PASSED],
        partial=counts[CheckStatus.PARTIAL],
        failed=counts[CheckStatus.FAILED],
        others=tuple((status.words, count) for status, count in counts.most_common() if status not in main),
        share=fmean(shares) if shares else None,
    )
