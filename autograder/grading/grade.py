"""Grade one submission, from its files to its record."""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from autograder.calibration.certificate import CalibratedCheck
from autograder.grading.pictures import refuse_pictures
from autograder.grading.run_checks import run_checks
from autograder.grading.session import GradingSession
from autograder.homework import Homework
from autograder.result import CheckStatus, SubmissionResult, SubmissionStatus
from autograder.sandbox.runner import Runner
from autograder.sandbox.tier import Tier
from autograder.submission import Entry, RejectedSubmission, UnclearSubmission, read_submission


@dataclass(frozen=True, slots=True)
class Desk:
    """What grading the submissions of one homework has in common.

    Attributes:
        homework: whose checks run.
        secret: the course's secret.
        tier: how student code is confined.
        reference_files: the reference's files.
        runner: runs student code.
        reference_runner: runs the reference and remembers what it returned.
        calibrated: what is known about each stochastic check.
        calibration: a sentence about that for the results.
        calibrating: stochastic checks to measure, and to judge none; nothing where grades are wanted.
    """

    homework: Homework
    secret: bytes
    tier: Tier
    reference_files: Mapping[str, str]
    runner: Runner
    reference_runner: Runner
    calibrated: Mapping[str, CalibratedCheck] = field(default_factory=dict)
    calibration: str = ""
    calibrating: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Graded:
    """A submission's record, what its code printed (for staff only), and the pictures of its checks."""

    result: SubmissionResult
    log: str = ""
    pictures: Mapping[str, bytes] = field(default_factory=dict)

    def to_record(self) -> dict[str, Any]:
        """Return a form that JSON can carry between the processes that grade."""
        pictures = {name: base64.b64encode(data).decode() for name, data in self.pictures.items()}
        return {"result": self.result.to_json(), "log": self.log, "pictures": pictures}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Graded:
        """Read what `to_record` gave.

        Raises:
            ValueError: it is no such record, or a picture in it is not as checks may keep them.
        """
        try:
            encoded: Mapping[str, str] = record["pictures"]
            pictures = {name: base64.b64decode(data, validate=True) for name, data in encoded.items()}
            result, log = SubmissionResult.from_json(record["result"]), record["log"]
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"Expected a graded submission. Received: {error!r}") from error
        refuse_pictures(result, pictures)
        return cls(result, log, pictures)


def grade(desk: Desk, entry: Entry) -> Graded:
    """Grade one submission.

    Raises:
        ZygoteError: the sandbox is lost; try again with another.
        ChecksBroken: the checks could not be run.
    """
    started, cpu_started = time.monotonic(), time.process_time()
    try:
        submission = read_submission(entry, desk.homework)
    except (RejectedSubmission, UnclearSubmission) as error:
        return Graded(replace(unread(entry, desk.homework, error), isolation=_stamp(desk.tier)))
    session = GradingSession(
        homework=desk.homework,
        submission=submission,
        runner=desk.runner,
        secret=desk.secret,
        reference_files=desk.reference_files,
        reference_runner=desk.reference_runner,
        calibrated=desk.calibrated,
        calibrating=desk.calibrating,
    )
    run_checks(session)
    broken = [check.id for check in session.results if check.status is CheckStatus.GRADER_ERROR]
    result = SubmissionResult(
        student=submission.student,
        homework=desk.homework.name,
        digest=submission.digest,
        status=SubmissionStatus.NEEDS_STAFF if broken else SubmissionStatus.GRADED,
        score=None if broken else sum(check.score for check in session.results),
        max_score=desk.homework.max_score,
        isolation=_stamp(desk.tier),
        calibration=desk.calibration,
        seed=session.root_seed.hex(),
        seconds=round(time.monotonic() - started, 3),
        cpu_seconds=round(session.cpu_seconds + time.process_time() - cpu_started, 3),
        reason=f"Checks that failed themselves: {', '.join(broken)}." if broken else "",
        checks=tuple(session.results),
    )
    return Graded(result, session.log, session.pictures)


def unread(
    entry: Entry, homework: Homework, error: RejectedSubmission | UnclearSubmission
) -> SubmissionResult:
    """Return the record of a submission that was not graded because it could not be read."""
    rejected = isinstance(error, RejectedSubmission)
    return SubmissionResult(
        student=entry.student,
        homework=homework.name,
        digest="",
        status=SubmissionStatus.REJECTED if rejected else SubmissionStatus.NEEDS_STAFF,
        score=0.0 if rejected else None,
        max_score=homework.max_score,
        reason=str(error),
    )


def lost(entry: Entry, homework: Homework, reason: str) -> SubmissionResult:
    """Return the record of a submission whose grading broke on our side."""
    return SubmissionResult(
        student=entry.student,
        homework=homework.name,
        digest="",
        status=SubmissionStatus.NEEDS_STAFF,
        score=None,
        max_score=homework.max_score,
        reason=reason,
    )


def _stamp(tier: Tier) -> str:
    """Return the tier as results carry it."""
    return "unsandboxed" if tier is Tier.NONE else str(tier)
