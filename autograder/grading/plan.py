"""The first step of a run: refuse it for any known reason before a submission is graded.

A plan is made once and handed unchanged to every slot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from autograder import datasets
from autograder.grading.certify import certify
from autograder.grading.mode import Measure, Mode
from autograder.grading.run_checks import verify_manifest
from autograder.homework import Course, SolvedHomework, course_secret
from autograder.sandbox.tier import Tier


@dataclass(frozen=True, slots=True)
class Plan:
    """How the submissions of one homework are graded. It can be pickled.

    Attributes:
        homework: the homework whose checks run.
        tier: how student code is confined.
        secret: the key from which all seeds are derived.
        hidden: absolute paths that must not exist inside the sandbox.
        mode: whether to give grades or to measure.
    """

    homework: SolvedHomework
    tier: Tier
    secret: bytes = field(repr=False)
    hidden: tuple[Path, ...]
    mode: Mode


def plan_grades(
    course: Course,
    homework: SolvedHomework,
    tier: Tier,
    *,
    hidden: Sequence[Path] = (),
    calibrated_elsewhere: bool = False,
) -> Plan:
    """Return the plan of a run that gives grades.

    Args:
        course: the course.
        homework: one of its homeworks.
        tier: how student code is confined.
        hidden: paths that must not exist inside the sandbox, in addition to the course's folder.
        calibrated_elsewhere: accept thresholds that were calibrated under other conditions; every result then
            says so.

    Raises:
        HomeworkError: the collected checks differ from those in the manifest.
        CertificateError: the stochastic checks were not calibrated under the conditions here.
        DatasetError: the homework's data set cannot be loaded.
    """
    datasets.load(homework.dataset)
    rules = verify_manifest(homework).rules
    mode = certify(homework, rules, elsewhere=calibrated_elsewhere)
    return Plan(homework, tier, course_secret(course), _hidden(course, hidden), mode)


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
    return Plan(homework, tier, secret, _hidden(course, ()), Measure(tuple(checks)))


def _hidden(course: Course, more: Sequence[Path]) -> tuple[Path, ...]:
    """Return the absolute paths that must not exist inside the sandbox."""
    return tuple(path.resolve() for path in (course.root, *more))
