"""The first step of a run: everything that can refuse it before anybody is graded.

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
        homework: whose checks run.
        tier: how student code is confined.
        secret: the key of all seeds.
        hidden: absolute paths that must not exist inside the sandbox.
        mode: whether to give grades, or to measure.
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
    """Plan to give grades.

    Args:
        course: the course.
        homework: one of its homeworks.
        tier: how student code is confined.
        hidden: what must not exist inside the sandbox, beside the course.
        calibrated_elsewhere: use thresholds of other conditions, and say so in every result.

    Raises:
        HomeworkError: the checks are not those of the manifest.
        CertificateError: the stochastic checks were not calibrated for here.
        DatasetError: the homework's data cannot be had.
    """
    datasets.load(homework.dataset)
    rules = verify_manifest(homework).rules
    mode = certify(homework, rules, elsewhere=calibrated_elsewhere)
    return Plan(homework, tier, course_secret(course), _hidden(course, hidden), mode)


def plan_measurements(
    course: Course, homework: SolvedHomework, tier: Tier, *, checks: Sequence[str], secret: bytes
) -> Plan:
    """Plan to measure stochastic checks, and to give no grades.

    Args:
        course: the course.
        homework: one of its homeworks; `verify_manifest` has accepted its checks.
        tier: how code is confined.
        checks: the stochastic checks to measure.
        secret: the key of all seeds; not the course's, whose seeds are for grades.

    Raises:
        DatasetError: the homework's data cannot be had.
    """
    datasets.load(homework.dataset)
    return Plan(homework, tier, secret, _hidden(course, ()), Measure(tuple(checks)))


def _hidden(course: Course, more: Sequence[Path]) -> tuple[Path, ...]:
    """Return what must not exist inside the sandbox."""
    return tuple(path.resolve() for path in (course.root, *more))
