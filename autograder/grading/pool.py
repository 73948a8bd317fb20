"""The second step of a run: submissions go to an engine's slots, and come back graded.

Here is the only retry, and the only place where a fault of ours becomes ``needs_staff``. An engine says where
slots run: today processes of this machine (`autograder.grading.local`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Protocol

from autograder.grading.graded import Broken, Graded
from autograder.grading.plan import Plan
from autograder.homework import Homework
from autograder.result import SubmissionResult, SubmissionStatus
from autograder.submission import Entry

_TRIES: Final = 2


class Engine(Protocol):
    """Where slots run."""

    def run(self, plan: Plan, entries: Sequence[Entry]) -> Iterator[tuple[Entry, Graded | Broken]]:
        """Try each entry once, several at a time; yield each with its answer when that is there.

        Whoever leaves the loop early ends everything that was started.
        """
        ...


def run(plan: Plan, entries: Sequence[Entry], engine: Engine) -> Iterator[Graded]:
    """Grade all entries; yield each when it is done.

    What broke on our side is tried again, after everybody else. When it breaks again, it goes to staff.

    Args:
        plan: how to grade.
        entries: the submissions.
        engine: where to grade.
    """
    left = list(entries)
    for number in range(1, _TRIES + 1):
        broken = []
        for entry, answer in engine.run(plan, left) if left else ():
            if isinstance(answer, Graded):
                yield answer
            elif number < _TRIES:
                broken.append(entry)
            else:
                yield Graded(_needs_staff(entry, plan.homework, answer))
        left = broken


def _needs_staff(entry: Entry, homework: Homework, broken: Broken) -> SubmissionResult:
    """Return the record of a submission whose grading broke on our side."""
    return SubmissionResult(
        student=entry.student,
        homework=homework.name,
        digest="",
        status=SubmissionStatus.NEEDS_STAFF,
        score=None,
        max_score=homework.max_score,
        reason=broken.because,
    )
