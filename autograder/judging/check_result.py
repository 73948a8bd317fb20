"""The verdict of one check: how it ended, and what students and staff read about that.

The plugin imports this module only when the first check has run, because it imports `autograder.checks`, and
with that NumPy.
"""

from __future__ import annotations

import pytest

from autograder.checks.trials import Trials
from autograder.checks.verdict import CheckFailed, PartialCredit, StudentFault
from autograder.judging.check_spec import CheckSpec
from autograder.models.config import ModelNotRun, RefusedModel
from autograder.result import Artifact, CheckResult, CheckStatus, Measurement


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
    status, share, message, hint, detail = CheckStatus.PASSED, 1.0, "", "", ""
    if raised is not None:
        share = 0.0
        match raised.value:
            case CheckFailed(message=message, hint=hint):
                status = CheckStatus.FAILED
            case PartialCredit(share=share, message=message, hint=hint):
                status = CheckStatus.PARTIAL
            case StudentFault(status=status, message=message, hint=hint):
                pass
            case ModelNotRun():
                status, message = CheckStatus.TIMEOUT, str(raised.value)
            case RefusedModel():
                status, message = CheckStatus.REFUSED, str(raised.value)
            case pytest.skip.Exception():
                status, message = CheckStatus.SKIPPED, str(raised.value)
            case AssertionError():
                status, detail = CheckStatus.FAILED, str(raised.getrepr(style="short"))
                message = "What was returned is not what this check expects."
            case _:
                status, detail = CheckStatus.GRADER_ERROR, str(raised.getrepr(style="short"))
                message = "The check itself failed. This is not your fault; staff have been told."
    return CheckResult(
        id=spec.id,
        title=spec.title,
        visibility=spec.visibility,
        score=spec.points * share,
        max_score=spec.points,
        status=status,
        message=message,
        hint=hint,
        metrics=metrics,
        measurement=_measurement(trials),
        artifacts=artifacts,
        detail=detail,
    )


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
