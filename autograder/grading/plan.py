"""The first step of a run: refuse it for any known reason before a submission is graded.

A plan is made once and handed unchanged to every slot.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from autograder import datasets
from autograder.grading.certify import certify
from autograder.homework import Course, HomeworkError, SolvedHomework, course_secret
from autograder.judging.mode import Measure, Mode
from autograder.judging.run_checks import verify_manifest
from autograder.sandbox.tier import Tier
from autograder.store import Store
from autograder.untrusted import close_names

STORE: Final = ".autograder/store"
"""The folder in the course with known results and replies."""
_RESULTS_BYTES: Final = 1 << 30
# Replies hold weights and activations. A store that is smaller than the replies of a class or of a self-test
# would remove each entry before it is needed.
_REPLIES_BYTES: Final = 8 << 30


@dataclass(frozen=True, slots=True)
class StorePlace:
    """Where known results and replies are. It can be pickled.

    Attributes:
        folder: the folder of the store.
        secret: the course's secret, from which the store's key is derived.
        read: whether what is known is used; what is new is kept in any case.
        shared: whether all submissions share known replies, by what a call can reach. Only for a course's own
            solutions, see `fine_replies`.
    """

    folder: Path
    secret: bytes = field(repr=False)
    read: bool = True
    shared: bool = False

    def results(self) -> Store:
        """Return the store of results; replies, which are larger, do not push them out."""
        return self._open("results", _RESULTS_BYTES)

    def replies(self) -> Store:
        """Return the store of replies to jobs."""
        return self._open("replies", _REPLIES_BYTES)

    def _open(self, name: str, most_bytes: int) -> Store:
        """Return a store below the folder, which is for this user only."""
        with contextlib.suppress(OSError):  # then the store is empty
            self.folder.mkdir(mode=0o700, exist_ok=True)
            self.folder.chmod(0o700)  # a backup may have been restored with other permissions
        return Store(self.folder / name, self.secret, most_bytes)


@dataclass(frozen=True, slots=True)
class Plan:
    """How the submissions of one homework are graded. It can be pickled.

    Attributes:
        homework: the homework whose checks run.
        tier: how student code is confined.
        secret: the key from which all seeds are derived.
        hidden: absolute paths that must not exist inside the sandbox.
        mode: whether to give grades or to measure.
        store: where what is known is kept; None where nothing is, as without isolation.
        only: identifiers of the checks to run, with those that they need; then results are no grades. All
            checks if it is empty.
    """

    homework: SolvedHomework
    tier: Tier
    secret: bytes = field(repr=False)
    hidden: tuple[Path, ...]
    mode: Mode
    store: StorePlace | None = None
    only: tuple[str, ...] = ()


def plan_grades(  # noqa: PLR0913 - what the command may ask for
    course: Course,
    homework: SolvedHomework,
    tier: Tier,
    *,
    hidden: Sequence[Path] = (),
    calibrated_elsewhere: bool = False,
    fresh: bool = False,
    known_solutions: bool = False,
    only: Sequence[str] = (),
) -> Plan:
    """Return the plan of a run that gives grades.

    Args:
        course: the course.
        homework: one of its homeworks.
        tier: how student code is confined.
        hidden: paths that must not exist inside the sandbox, in addition to the course's folder.
        calibrated_elsewhere: accept thresholds that were calibrated under other conditions; every result then
            says so.
        fresh: compute everything anew; what is known is not used, and replaced.
        known_solutions: the submissions are the course's own. Then what is the same in two of them runs once.
        only: identifiers of the checks to run, with those that they need; all if empty.

    Raises:
        HomeworkError: the collected checks differ from those in the manifest, or ``only`` names no check.
        CertificateError: the stochastic checks were not calibrated under the conditions here.
        DatasetError: the homework's data set cannot be loaded.
    """
    datasets.load(homework.dataset)
    rules = verify_manifest(homework).rules
    mode = certify(homework, rules, elsewhere=calibrated_elsewhere)
    secret = course_secret(course)
    store = _store(course, tier, read=not fresh, shared=known_solutions)
    return Plan(homework, tier, secret, _hidden(course, hidden), mode, store, _named(only, homework))


def plan_measurements(
    course: Course, homework: SolvedHomework, tier: Tier, *, checks: Sequence[str], secret: bytes
) -> Plan:
    """Return the plan of a run that measures stochastic checks and gives no grades.

    Args:
        course: the course.
        homework: one of its homeworks; `verify_manifest` has accepted its checks.
        tier: how code is confined.
        checks: the stochastic checks to measure.
        secret: the key from which all seeds are derived; not the course's, which is for grades only.

    Raises:
        DatasetError: the homework's data set cannot be loaded.
    """
    datasets.load(homework.dataset)
    mode, store = Measure(tuple(checks)), _store(course, tier, read=True, shared=True)
    return Plan(homework, tier, secret, _hidden(course, ()), mode, store)


def _store(course: Course, tier: Tier, *, read: bool, shared: bool) -> StorePlace | None:
    """Return where known results are; None without isolation, where student code can write to the store."""
    if tier is Tier.NONE:
        return None
    return StorePlace(course.root / STORE, course_secret(course), read, shared)


def _named(only: Sequence[str], homework: SolvedHomework) -> tuple[str, ...]:
    """Return the checks to run alone.

    Raises:
        HomeworkError: a name is not that of a check; the message gives the closest names.
    """
    for name in only:
        if name not in homework.checks:
            close = close_names(name, homework.checks)
            similar = f" Similar names: {', '.join(close)}." if close else ""
            raise HomeworkError(
                f"Expected the name of a check of {homework.name}. Received: {name}.{similar}"
            )
    return tuple(sorted(only))


def _hidden(course: Course, more: Sequence[Path]) -> tuple[Path, ...]:
    """Return the absolute paths that must not exist inside the sandbox."""
    return tuple(path.resolve() for path in (course.root, *more))
