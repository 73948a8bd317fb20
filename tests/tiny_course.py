"""A course with one small homework that has everything: a stochastic check, wheats, chaffs.

The slack is as large as the values' range, so no correct solution ever misses the threshold: tests of the
machinery do not depend on chance.
"""

from __future__ import annotations

from pathlib import Path

from autograder.homework import Course
from autograder.result import CheckResult, CheckStatus, SubmissionResult, SubmissionStatus, Visibility

PASS, FAIL, SKIP = CheckStatus.PASSED, CheckStatus.FAILED, CheckStatus.SKIPPED
MANIFEST = """\
name = "dice"
title = "Dice"
dataset = "digits"
max_score = 5
files = ["dice.py"]
checks = ["double", "luck"]
[limits]
cpu_seconds = 5
"""
PUBLIC = '''\
import pytest
from autograder.checks import expect_value

@pytest.mark.points(2)
def test_double(submission):
    """double doubles."""
    expect_value("double(4)", submission.call("double", 4), 8, reveal=True)
'''
HIDDEN = '''\
import pytest

pytestmark = pytest.mark.visibility("hidden")

@pytest.mark.points(3)
@pytest.mark.calibrated(runs=3, slack=1.0)
def test_luck(submission, calibrated):
    """luck is a large number."""
    calibrated.at_least("luck", lambda seed: submission.call("luck", seed))
'''
REFERENCE = '''\
"""Dice."""

import random


def double(x):
    """Return twice x."""
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION


def luck(seed):
    """Return a number between 9 and 10."""
    ### BEGIN SOLUTION
    return 9 + random.Random(seed).random()
    ### END SOLUTION
'''
SOLUTIONS = {
    "wheat/numpy": ("Correct: with NumPy.", "x + x", "9 + numpy.random.default_rng(seed).random()"),
    "chaff/triple": ("Wrong: triples.\n\nFails: double", "3 * x", "9 + random.Random(seed).random()"),
    "chaff/unlucky": ("Wrong: too small.\n\nFails: luck", "2 * x", "random.Random(seed).random()"),
}


def module(doc: str, double: str, luck: str) -> str:
    """Return the text of a solution."""
    return (
        f'"""{doc}\n"""\nimport random\nimport numpy\n\n'
        f"def double(x):\n    return {double}\n\ndef luck(seed):\n    return {luck}\n"
    )


def write_tiny_course(root: Path) -> Course:
    """Write the course to a folder."""
    folder, solution = root / "assignments/dice", root / "solutions/dice"
    for path in (folder, solution / "wheat", solution / "chaff"):
        path.mkdir(parents=True)
    (folder / "homework.toml").write_text(MANIFEST)
    (folder / "test_public.py").write_text(PUBLIC)
    (solution / "test_hidden.py").write_text(HIDDEN)
    (solution / "dice.py").write_text(REFERENCE)
    for name, parts in SOLUTIONS.items():
        (solution / f"{name}.py").write_text(module(*parts))
    return Course(root)


def without_luck(course: Course) -> None:
    """Leave no stochastic check, so that no calibration is needed."""
    manifest = course.root / "assignments/dice/homework.toml"
    text = (
        manifest.read_text().replace('"double", "luck"', '"double"').replace("max_score = 5", "max_score = 2")
    )
    manifest.write_text(text)
    (solution(course) / "test_hidden.py").write_text("")


def solution(course: Course) -> Path:
    """Return the folder with the solutions of the course's homework."""
    return course.root / "solutions/dice"


def graded(*statuses: CheckStatus, score: float = 0) -> SubmissionResult:
    """Return the result of a submission whose two checks ended like this."""
    checks = tuple(
        CheckResult(name, name, Visibility.HIDDEN, 0, 1, status, f"message of {name}")
        for name, status in zip(("double", "luck"), statuses, strict=True)
    )
    return SubmissionResult("s", "dice", "", SubmissionStatus.GRADED, score, 5, checks=checks)
