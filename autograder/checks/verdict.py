"""The three ways a check ends other than by passing.

Anything else that a check raises is a fault of the check, and becomes a ``grader_error`` for staff.
"""

from __future__ import annotations

from autograder.result import CheckStatus


class CheckFailed(AssertionError):  # noqa: N818 - an outcome, not an error
    """What the student's code returned is not what the check expects.

    Args:
        message: what was expected, then ``Received: …``; never an expected array of a hidden check.
        hint: where to look.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class PartialCredit(Exception):  # noqa: N818 - an outcome, not an error
    """A part of the check holds.

    Args:
        share: of the points, above 0 and below 1.
        message: what holds and what does not.
        hint: where to look.

    Raises:
        ValueError: ``share`` is out of range.
    """

    def __init__(self, share: float, message: str, hint: str = "") -> None:
        if not 0 < share < 1:
            raise ValueError(f"Expected a share between 0 and 1. Received: {share}")
        super().__init__(message)
        self.share = share
        self.message = message
        self.hint = hint


class StudentFault(Exception):  # noqa: N818 - an outcome, not an error
    """Student code returned nothing to judge: it raised, hung, crashed, or returned what may not cross.

    Args:
        status: how it ended.
        message: what happened, and where.
        hint: what to do.
    """

    def __init__(self, status: CheckStatus, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.hint = hint
