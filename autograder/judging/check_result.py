"""The verdict of one check: how it ended, and what students and staff read about that.

The plugin imports this module only when the first check has run, because it imports `autograder.checks`, and
with that NumPy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pytest

from autograder.checks.trials import Trials
from autograder.checks.verdict import CheckFailed, PartialCredit, StudentFault
from autograder.judging.check_spec import CheckSpec
from autograder.models.config import ModelNotRun, RefusedModel
from autograder.result import Artifact, CheckResult, CheckStatus, Measurement

_OURS: Final = (
    "This check broke. This is not your fault, and it says nothing about your code. "
    "If you see this on your own machine, please tell your course's staff."
)


def judge(
    spec: CheckSpec,
    raised: pytest.ExceptionInfo[BaseException] | None,
    *,
    metrics: dict[str, float],
    trials: Trials | None = None,
    artifacts: tuple[Artifact, ...] = (),
) -> CheckResult:
    """Return the record of a check.

    Args:
        spec: what the check declares.
        raised: the exception that ended the check; None if it returned.
        metrics: the numbers that it recorded, by name.
        trials: the runs of a stochastic check; None for all others.
        artifacts: the pictures that it kept.
    """
    ended = _Ended(CheckStatus.PASSED, share=1) if raised is None else _ended(raised)
    return CheckResult(
        id=spec.id,
        title=spec.title,
        visibility=spec.visibility,
        score=spec.points * ended.share,
        max_score=spec.points,
        status=ended.status,
        message=ended.message,
        hint=ended.hint,
        metrics=metrics,
        measurement=_measurement(trials),
        artifacts=artifacts,
        detail=ended.detail,
    )


@dataclass(frozen=True, slots=True)
class _Ended:
    """How a check ended: the share of its points, what students read, and the detail for staff."""

    status: CheckStatus
    message: str = ""
    hint: str = ""
    detail: str = ""
    share: float = 0.0


def _ended(  # noqa: PLR0911 - one for each kind of exception
    raised: pytest.ExceptionInfo[BaseException],
) -> _Ended:
    """Return what an exception in a check means."""
    match error := raised.value:
        case CheckFailed():
            return _Ended(CheckStatus.FAILED, error.message, error.hint)
        case PartialCredit():
            return _Ended(CheckStatus.PARTIAL, error.message, error.hint, share=error.share)
        case StudentFault(of_reference=False):
            return _Ended(error.status, error.message, error.hint)
        case ModelNotRun():
            return _Ended(CheckStatus.TIMEOUT, str(error))
        case RefusedModel():
            return _Ended(CheckStatus.REFUSED, str(error))
        case pytest.skip.Exception():
            return _Ended(CheckStatus.SKIPPED, str(error))
    detail = str(raised.getrepr(style="short"))
    if isinstance(error, AssertionError):
        message = "What was returned is not what this check expects."
        return _Ended(CheckStatus.FAILED, message, detail=detail)
    return _Ended(CheckStatus.GRADER_ERROR, _OURS, detail=detail)


def _measurement(trials: Trials | None) -> Measurement | None:
    """Return what a stochastic check measured; None if it made no run."""
    if trials is None or not trials.metric:
        return None
    return Measurement(
        what=trials.metric,
        direction=trials.direction,
        threshold=trials.calibrated.threshold if trials.calibrated else None,
        runs=trials.runs,
        trials=tuple(trials.done),
    )
