"""The three exceptions with which a check ends when it does not pass.

Any other exception is a fault of the check itself, and becomes a ``grader_error`` for staff.
"""

from __future__ import annotations

from autograder.result import CheckStatus


class CheckFailed(AssertionError):  # noqa: N818 - an outcome, not an error
    """The student's code returned something other than the check expects.

    Args:
        message: what was expected, then ``Received: …``. A hidden check's message never contains an expected
            array.
        hint: where the student should look.
        any_seed: whether every seed would give the same finding. Then a stochastic check ends at once.
    """

    def __init__(self, message: str, hint: str = "", *, any_seed: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.any_seed = any_seed


class PartialCredit(Exception):  # noqa: N818 - an outcome, not an error
    """The student's code meets a part of the check's expectations.

    Args:
        share: the share of the points, above 0 and below 1.
        message: which part is right and which is not.
        hint: where the student should look.

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
    """Student code gave no result to judge: it raised, hung, crashed, or returned a value of a refused type.

    Args:
        status: how the code ended.
        message: what happened, and where.
        hint: what the student should do.
        of_reference: whether the code was the reference's. Then it is a fault of the course, for staff.
    """

    def __init__(
        self, status: CheckStatus, message: str, hint: str = "", *, of_reference: bool = False
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.hint = hint
        self.of_reference = of_reference
