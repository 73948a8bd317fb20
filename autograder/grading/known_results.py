"""Results of earlier runs: a submission is graded again only if something that decides about it changed."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from typing import Final

from autograder import datasets
from autograder.grading.graded import Graded, decode_answer, encode_answer
from autograder.grading.plan import Plan
from autograder.grading.submission import unread
from autograder.homework import HomeworkError
from autograder.judging.mode import Judge
from autograder.known.digests import digest_of_data_files, digest_of_homework, digest_of_package, versions
from autograder.known.speed import machine_measure
from autograder.result import SubmissionStatus
from autograder.submission import (
    Entry,
    RejectedSubmission,
    Submission,
    UnclearSubmission,
    read_submission,
)

_KIND: Final = "result"
_TRIM_AFTER: Final = 20
_NOT_JUDGING: Final = ("cli/", "reports/", "authoring/", "nbgrader/", "notebook.py", "__main__.py")


def context_of_results(plan: Plan) -> str:
    """Return everything that a result depends on beside the submission.

    It covers the homework (checks, fixtures, helpers, reference, limits, parameters, calibration, and all
    files that a check may read) and its data set; this package; the versions of Python and of all installed
    packages; the tier; the secret, from which all seeds follow; what the run is for; and which checks run.
    """
    homework, mode = plan.homework, plan.mode
    parts = (
        homework.name,
        digest_of_homework(homework, specimens=False),
        digest_of_data_files(homework),
        datasets.load(homework.dataset).digest,
        digest_of_package(without=_NOT_JUDGING),
        versions(),
        plan.tier,
        hmac.digest(plan.secret, b"known results", "sha256").hex(),
        f"judge: {mode.calibration}" if isinstance(mode, Judge) else f"measure: {mode.checks}",
        *plan.only,
    )
    return json.dumps(parts)


class KnownResults:
    """The results of earlier runs that a plan may use. Without a store there are none.

    Args:
        plan: how submissions are graded now.

    Raises:
        HomeworkError: a file of the homework cannot be read.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._store = plan.store.results() if plan.store is not None else None
        try:
            self._context = "" if self._store is None else context_of_results(plan)
        except OSError as error:
            raise HomeworkError(
                f"Expected to read every file of {plan.homework.name}. Received: {error}"
            ) from error
        self._asked: dict[str, tuple[str, str]] = {}  # student → key, digest of the submission
        self._kept = 0

    def tell(self, warn: Callable[[str], None]) -> None:
        """Tell staff what they were not told yet: of damaged entries, of a store that cannot be written."""
        while self._store is not None and self._store.warnings:
            warn(self._store.warnings.pop(0))

    def find(self, entry: Entry) -> Graded | None:
        """Return the known result of a submission; None if it has to be graded.

        A submission that cannot be read gets its result here: no code of it is run.
        """
        if self._store is None or self._plan.store is None:
            return None
        try:
            submission = read_submission(entry, self._plan.homework)
        except (RejectedSubmission, UnclearSubmission) as error:
            return Graded(unread(self._plan, entry, error))
        except Exception:  # noqa: BLE001 - a slot tries again, and reports it for this submission alone
            return None
        key = self._key(submission, entry.seeds)
        self._asked[entry.student] = key, submission.digest
        if not self._plan.store.read or (content := self._store.get(_KIND, key)) is None:
            return None
        try:
            return _decode(content)
        except ValueError as error:
            self._store.discard(_KIND, key, str(error))
            return None

    def keep(self, entry: Entry, graded: Graded) -> None:
        """Keep a new result, unless it needs staff, or something has changed since the run began."""
        if self._store is None or self._plan.store is None or entry.student not in self._asked:
            return
        key, digest = self._asked[entry.student]
        unclear = graded.result.status is SubmissionStatus.NEEDS_STAFF or graded.result.digest != digest
        if unclear or not self._is_as_before():
            return
        self._store.put(_KIND, key, _encode(graded))
        if self._kept % _TRIM_AFTER == 0:
            self._plan.store.replies().trim()  # a slot writes too little for `put` to do it
        self._kept += 1

    def _is_as_before(self) -> bool:
        """Return whether everything that results depend on is as it was when the run began."""
        try:
            return self._context == context_of_results(self._plan)
        except OSError:  # a file of the homework is gone
            return False

    def _key(self, submission: Submission, seeds: str) -> str:
        """Return what a result is found by."""
        missing = sorted(submission.missing.items())
        return json.dumps((self._context, submission.student, seeds, submission.digest, missing))


def _encode(graded: Graded) -> bytes:
    """Return a result as two lines: the measure of this machine, to compare times by, and the answer."""
    return json.dumps({"measure": machine_measure()}).encode() + b"\n" + encode_answer(graded)


def _decode(content: bytes) -> Graded:
    """Read what `_encode` wrote.

    Raises:
        ValueError: the content is something else.
    """
    answer = decode_answer(content.partition(b"\n")[2])
    if not isinstance(answer, Graded):
        raise ValueError("Expected a graded submission. Received: a reason why there is none.")  # noqa: TRY004
    return Graded(answer.result, answer.log, answer.pictures, known=True)
