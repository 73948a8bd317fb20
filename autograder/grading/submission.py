"""Grade one submission: read it, run the checks, return the record."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from autograder.calibration.cost import Allowance, allowance
from autograder.grading.graded import Graded
from autograder.grading.plan import Plan
from autograder.homework import SolvedHomework
from autograder.judging.budget import Budget, limits_here
from autograder.judging.mode import Judge
from autograder.judging.run_checks import run_checks
from autograder.judging.session import GradingSession, Reference
from autograder.known.speed import machine_measure, measure_now
from autograder.result import CheckStatus, SubmissionResult, SubmissionStatus, time_now
from autograder.sandbox.runner import Runner
from autograder.sandbox.tier import Tier
from autograder.submission import (
    Entry,
    RejectedSubmission,
    UnclearSubmission,
    handed_in_at,
    read_submission,
)

_MEASURED_SECONDS: Final = 600
_MEASURED_IN_ALL: Final = 20_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Runners:
    """What runs the jobs of one submission.

    Attributes:
        student: runs student code and its networks.
        reference: runs the reference; it may cache the replies.
        own: runs our networks on what the submission returned, in other processes than its own networks;
            the one of the reference if it is None.
    """

    student: Runner
    reference: Runner
    own: Runner | None = None


def grade(plan: Plan, entry: Entry, runners: Runners, measure: float | None = None) -> Graded:
    """Grade one submission.

    Args:
        plan: how to grade.
        entry: the student, and the paths of the submission.
        runners: run the jobs.
        measure: the measure of this machine; it is measured if it is None.

    Raises:
        RunnerError: a runner has failed; a retry needs a new one.
        ChecksBroken: the checks could not be run.
    """
    started, cpu_started = time.monotonic(), time.process_time()
    try:
        submission = read_submission(entry, plan.homework)
    except (RejectedSubmission, UnclearSubmission) as error:
        return Graded(unread(plan, entry, error))
    budget = Budget(runners.student, partial(allowance_of, plan), measure or machine_measure(), measure_now)
    session = GradingSession(
        *(plan.homework, submission, budget, plan.secret),
        mode=plan.mode,
        solution=Reference(_reference_files(plan.homework), runners.reference),
        own_runner=runners.own,
        limits=limits_here(budget.allowance, plan.homework.limits),
        seeds=entry.seeds,
    )
    run_checks(session, plan.only)
    session.require_runners()
    result = replace(
        _record(plan, session),
        seconds=round(time.monotonic() - started, 3),
        cpu_seconds=round(session.cpu_seconds + time.process_time() - cpu_started, 3),
        jobs=budget.jobs.rounded(),
        handed_in=handed_in_at(entry),
        graded_at=time_now(),
    )
    return Graded(result, session.log, session.pictures)


def _record(plan: Plan, session: GradingSession) -> SubmissionResult:
    """Return the record of a submission whose checks have run, without times."""
    submission = session.submission
    broken = [check.id for check in session.results if check.status is CheckStatus.GRADER_ERROR]
    return SubmissionResult(
        student=submission.student,
        homework=plan.homework.name,
        digest=submission.digest,
        status=SubmissionStatus.NEEDS_STAFF if broken else SubmissionStatus.GRADED,
        score=None if broken else sum(check.score for check in session.results),
        max_score=sum(check.max_score for check in session.results) if plan.only else plan.homework.max_score,
        isolation=_isolation(plan.tier),
        calibration=plan.mode.calibration if isinstance(plan.mode, Judge) else "",
        seed=session.root_seed.hex(),
        reason=f"Checks that raised an error: {', '.join(broken)}." if broken else "",
        checks=tuple(session.results),
    )


def allowance_of(plan: Plan, measure: float) -> Allowance:
    """Return what a submission may use. For measurements it is much, because the cost is not known yet."""
    if isinstance(plan.mode, Judge):
        return allowance(plan.homework.limits, plan.mode.cost, measure)
    return Allowance(
        _MEASURED_SECONDS, 2 * _MEASURED_SECONDS, _MEASURED_IN_ALL, _MEASURED_IN_ALL, known=False
    )


def unread(plan: Plan, entry: Entry, error: RejectedSubmission | UnclearSubmission) -> SubmissionResult:
    """Return the record of a submission that was not graded because it could not be read."""
    rejected = isinstance(error, RejectedSubmission)
    return SubmissionResult(
        student=entry.student,
        homework=plan.homework.name,
        digest="",
        status=SubmissionStatus.REJECTED if rejected else SubmissionStatus.NEEDS_STAFF,
        score=0.0 if rejected else None,
        max_score=plan.homework.max_score,
        isolation=_isolation(plan.tier),
        handed_in=handed_in_at(entry),
        graded_at=time_now(),
        reason=str(error),
    )


def _isolation(tier: Tier) -> str:
    """Return the tier as it is written in results."""
    return "unsandboxed" if tier is Tier.NONE else str(tier)


def _reference_files(homework: SolvedHomework) -> dict[str, str]:
    """Return the reference's files, declared name → text."""
    return {name: (homework.solution / name).read_text(encoding="utf-8") for name in homework.files}
