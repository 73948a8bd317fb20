"""Results that an earlier, unfinished self-test has already.

A self-test grades a hundred submissions. While an author mends one solution, or after Ctrl-C, the others need
not be graded again, as long as everything that judges them is what it was: checks, reference, calibration,
libraries, tier, and this package.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Final

import autograder
from autograder.authoring.proof import digest_of_homework
from autograder.authoring.specimens import Specimen
from autograder.grading.certify import conditions_here
from autograder.grading.journal import Journal
from autograder.homework import Course, SolvedHomework
from autograder.result import SubmissionResult, SubmissionStatus
from autograder.sandbox.tier import Tier
from autograder.submission import digest_of

_PACKAGE: Final = Path(autograder.__file__).parent


class KeptResults:
    """The results of one homework's self-test, judged as it would be now.

    Args:
        course: the course; results are kept below its ``.autograder``.
        homework: one of its homeworks.
        tier: how code is confined.

    Raises:
        DatasetError: the homework's data cannot be had.
    """

    def __init__(self, course: Course, homework: SolvedHomework, tier: Tier) -> None:
        conditions = repr(asdict(conditions_here(homework)))
        state = "\0".join(
            (digest_of_homework(homework, specimens=False), conditions, tier, _digest_of_package())
        )
        self._folder = course.root / ".autograder" / "selftest"
        self._path = self._folder / f"{homework.name}-{hashlib.sha256(state.encode()).hexdigest()[:12]}.jsonl"

    def of(self, name: str, specimen: Specimen) -> SubmissionResult | None:
        """Return the result of a submission of this name, if that was this very solution."""
        result = self._known.get(name)
        contents = {file: text.encode() for file, text in specimen.files.items()}
        if result is None or result.digest != digest_of(contents):
            return None
        # What failed for a reason of ours is repeated.
        return result if result.status is SubmissionStatus.GRADED else None

    def add(self, result: SubmissionResult) -> None:
        """Keep a result."""
        self._folder.mkdir(parents=True, mode=0o700, exist_ok=True)
        Journal(self._path).add(result)

    def forget(self) -> None:
        """Drop everything that is kept."""
        self._path.unlink(missing_ok=True)
        vars(self).pop("_known", None)

    @cached_property
    def _known(self) -> dict[str, SubmissionResult]:
        return Journal(self._path).read()


def _digest_of_package() -> str:
    """Return one digest over this package's modules."""
    total = hashlib.sha256()
    for path in sorted(_PACKAGE.rglob("*.py")):
        total.update(f"{path.relative_to(_PACKAGE)}\0".encode() + path.read_bytes())
    return total.hexdigest()
