"""One resumable run over the known solutions of a homework, for the self-test and for the calibration.

A run grades or measures hundreds of submissions. Started again after a stop, it goes on where it was. What an
author has changed is run again; so is everything, when anything has changed that decides about all: checks,
reference, libraries, tier, this package.
"""

from __future__ import annotations

import hashlib
import secrets
import shutil
import tempfile
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import autograder
from autograder._files import exclusive_lock
from autograder.authoring.proof import digest_of_homework
from autograder.authoring.specimens import Specimen
from autograder.calibration.certificate import CALIBRATION
from autograder.grading import pool
from autograder.grading.certify import conditions_here
from autograder.grading.journal import Journal
from autograder.grading.local import LocalEngine
from autograder.grading.plan import Plan
from autograder.grading.publish import JOURNAL
from autograder.homework import Course, HomeworkError, SolvedHomework
from autograder.result import SubmissionResult, SubmissionStatus
from autograder.sandbox.tier import Tier
from autograder.submission import Entry, digest_of

_PACKAGE: Final = Path(autograder.__file__).parent


@dataclass(frozen=True, slots=True)
class Run:
    """One submission of a specimen.

    Attributes:
        name: unique among all runs; seeds follow from it.
        specimen: what is handed in.
    """

    name: str
    specimen: Specimen


class SpecimenRuns:
    """The runs of one homework, and the results there are already.

    Args:
        course: the course; results are kept below its ``.autograder``.
        homework: one of its homeworks.
        tier: how code is confined.
        purpose: the name of the folder below ``.autograder``.
        judged: whether thresholds decide, so that a new calibration makes results outdated.

    Raises:
        DatasetError: the homework's data cannot be had.
    """

    def __init__(
        self, course: Course, homework: SolvedHomework, tier: Tier, *, purpose: str, judged: bool
    ) -> None:
        state = _state(homework, tier, judged=judged)
        self._folder = course.root / ".autograder" / purpose / f"{homework.name}-{state}"
        self._journal = Journal(self._folder / JOURNAL)

    @property
    def key(self) -> bytes:
        """A key for seeds of these runs' own, made at the first start and forgotten with the results."""
        path = self._folder / "key"
        if not path.exists():
            self._make_folder()
            path.write_text(secrets.token_hex(32))
        return bytes.fromhex(path.read_text())

    def kept(self, runs: Sequence[Run]) -> dict[str, SubmissionResult]:
        """Return the results that need not be had again, by the names of their runs.

        What broke for a reason of ours is repeated; so is what was another solution then. All other runs
        never are: to draw again until somebody likes the result would make a proof worthless.
        """
        return {
            run.name: result
            for run in runs
            if (result := self._known.get(run.name)) is not None
            and result.status is not SubmissionStatus.NEEDS_STAFF
            and result.digest == _digest_of_specimen(run.specimen)
        }

    def results(
        self, plans: Sequence[tuple[Plan, Sequence[Run]]], jobs: int
    ) -> Generator[SubmissionResult, None, None]:
        """Yield the result of every run: those that are kept first, the others when they are done.

        Whoever leaves the loop early has to close it, or nobody else can go on with these runs.

        Args:
            plans: how to grade or measure, and the runs that it is for.
            jobs: runs at a time.

        Raises:
            HomeworkError: another command is at the same runs.
        """
        self._make_folder()
        with self._alone(), tempfile.TemporaryDirectory(dir=self._folder) as folder:
            kept = self.kept([run for _, runs in plans for run in runs])
            yield from kept.values()
            engine = LocalEngine(jobs, self._folder / "log.txt")
            for plan, runs in plans:
                entries = [
                    Entry(run.name, (run.specimen.lay_out(Path(folder)),))
                    for run in runs
                    if run.name not in kept
                ]
                for graded in pool.run(plan, entries, engine):
                    self._journal.add(graded.result)
                    yield graded.result

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other commands from the same runs: they would pay for everything twice."""
        with ExitStack() as stack:
            try:
                stack.enter_context(exclusive_lock(self._folder / "lock"))
            except BlockingIOError as error:
                raise HomeworkError(
                    f"Expected no other command at work in {self._folder}. Received: one. Wait for it."
                ) from error
            yield

    def forget(self) -> None:
        """Drop everything that is kept."""
        shutil.rmtree(self._folder, ignore_errors=True)
        vars(self).pop("_known", None)

    @cached_property
    def _known(self) -> Mapping[str, SubmissionResult]:
        return self._journal.read().results

    def _make_folder(self) -> None:
        self._folder.mkdir(parents=True, mode=0o700, exist_ok=True)


def _state(homework: SolvedHomework, tier: Tier, *, judged: bool) -> str:
    """Return a digest of everything that decides about all runs; the specimens have digests of their own."""
    without = () if judged else (CALIBRATION,)
    parts = (
        digest_of_homework(homework, without, specimens=False),
        repr(asdict(conditions_here(homework))),
        tier,
        _digest_of_package(),
    )
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def _digest_of_specimen(specimen: Specimen) -> str:
    """Return the digest that a result of this solution carries."""
    return digest_of({name: text.encode() for name, text in specimen.files.items()})


def _digest_of_package() -> str:
    """Return one digest over this package's modules."""
    total = hashlib.sha256()
    for path in sorted(_PACKAGE.rglob("*.py")):
        total.update(f"{path.relative_to(_PACKAGE)}\0".encode() + path.read_bytes())
    return total.hexdigest()
