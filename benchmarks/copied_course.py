"""A copy of this course: benchmarks neither read nor fill its store, and leave its self-tests alone."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from autograder.homework import Course

ROOT = Path(__file__).resolve().parent.parent


def copied_course(folder: Path, homeworks: Iterable[str]) -> Course:
    """Copy some homeworks with their solutions into a new course.

    Args:
        folder: where the course's folder is made.
        homeworks: names of homeworks.
    """
    for homework in homeworks:
        for place in ("assignments", "solutions"):
            shutil.copytree(ROOT / place / homework, folder / "course" / place / homework)
    return Course(folder / "course")
