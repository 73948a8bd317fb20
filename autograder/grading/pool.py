"""The second step of a run: submissions go to an engine's slots, and come back graded.

Only this module retries a whole submission. A submission that no try could grade gets the status
``needs_staff`` here. An engine decides where slots run; `autograder.grading.local` runs them as processes of
this machine.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from typing import Final, Protocol

from autograder.grading.graded import Broken, Graded
from autograder.grading.known_results import KnownResults
from autograder.grading.plan import Plan
from autograder.homework import Homework
from autograder.result import SubmissionResult, SubmissionStatus, time_now
from autograder.submission import Entry, handed_in_at

_TRIES: Final = 2
_LOG: Final = logging.getLogger(__name__)


class Engine(Protocol):
    """Decides where slots run."""

    def run(
        self, plan: Plan, entries: Sequence[Entry]
    ) -> Generator[tuple[Entry, Graded | Broken], None, None]:
        """Try each entry once, several in parallel; yield each with its answer as soon as that arrives.

        When the caller leaves the loop early, all processes that were started are ended.
        """
        ...


def run(
    plan: Plan, entries: Sequence[Entry], engine: Engine, warn: Callable[[str], None] = _LOG.warning
) -> Generator[Graded, None, None]:
    """Grade all entries; yield each when it is done. What is known is not handed out, and comes first.

    A submission whose grading failed because of a fault in the grader is retried once, after all others. If
    it fails again, its status is ``needs_staff``. Whoever leaves the loop early has to close it.

    Args:
        plan: how to grade.
        entries: the submissions.
        engine: where to grade.
        warn: called with a sentence for staff about each known result that was damaged, and one if results
            cannot be kept.
    """
    known, left = KnownResults(plan), []
    for entry in entries:
        if (found := known.find(entry)) is not None:
            yield found
        else:
            left.append(entry)
    known.tell(warn)
    for number in range(1, _TRIES + 1):
        broken: list[Entry] = []
        if not left:
            break
        with closing(engine.run(plan, left)) as answers:
            for entry, answer in answers:
                if isinstance(answer, Graded):
                    known.keep(entry, answer)
                    yield answer
                elif number < _TRIES:
                    broken.append(entry)
                else:
                    yield Graded(_needs_staff(entry, plan.homework, answer))
        left = broken
    known.tell(warn)


def _needs_staff(entry: Entry, homework: Homework, broken: Broken) -> SubmissionResult:
    """Return the record of a submission that could not be graded because of a fault in the grader."""
    return SubmissionResult(
        student=entry.student,
        homework=homework.name,
        digest="",
        status=SubmissionStatus.NEEDS_STAFF,
        score=None,
        max_score=homework.max_score,
        handed_in=handed_in_at(entry),
        graded_at=time_now(),
        reason=broken.because,
    )
