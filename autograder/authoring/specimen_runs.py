"""One resumable run over the known solutions of a homework, for the self-test and for the calibration.

A run grades or measures hundreds of submissions. Each result is stored, so a run that was stopped continues
from there. A solution that an author has changed is run again. When the checks, the reference, the libraries,
the tier or this package have changed, all solutions are judged again.

A job whose reply is known is not run again. The reply may come from an earlier run, or from another solution
with the same seeds, if the calls of both reach the same code. Most known solutions differ from the reference
in one function, so most of their jobs are the reference's.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from autograder._files import exclusive_lock
from autograder.authoring.specimens import Specimen
from autograder.calibration.certificate import CALIBRATION
from autograder.calibration.conditions import conditions_here
from autograder.grading import pool
from autograder.grading.journal import Journal
from autograder.grading.local import LocalEngine
from autograder.grading.plan import Plan
from autograder.grading.publish import JOURNAL
from autograder.homework import Course, HomeworkError, SolvedHomework, secret_in
from autograder.known.digests import digest_of_homework, digest_of_package
from autograder.result import SubmissionResult, SubmissionStatus
from autograder.sandbox.tier import Tier
from autograder.submission import Entry, digest_of

_LAID_OUT: Final = "handed-in-"


@dataclass(frozen=True, slots=True)
class Run:
    """One submission of a specimen.

    Attributes:
        name: unique among all runs.
        specimen: the solution that is handed in.
        seeds: the name from which its seeds are derived. What two solutions have in common runs once if they
            have the same seeds.
    """

    name: str
    specimen: Specimen
    seeds: str


class SpecimenRuns:
    """The runs of one homework, and their stored results.

    Args:
        course: the course; results are stored in its folder ``.autograder``.
        homework: one of its homeworks.
        tier: how code is confined.
        purpose: the name of the folder in ``.autograder``.
        judged: whether thresholds decide; then a new calibration makes stored results invalid.

    Raises:
        DatasetError: the homework's data set cannot be loaded.
    """

    def __init__(
        self, course: Course, homework: SolvedHomework, tier: Tier, *, purpose: str, judged: bool
    ) -> None:
        state = _state(homework, tier, judged=judged)
        self._folder = course.root / ".autograder" / purpose / f"{homework.name}-{state}"
        self._journal = Journal(self._folder / JOURNAL)

    @property
    def key(self) -> bytes:
        """The key for the seeds of these runs: made at the first start, deleted with the results."""
        return secret_in(self._folder / "key")

    def kept(self, runs: Sequence[Run]) -> dict[str, SubmissionResult]:
        """Return run name → stored result, for the runs that are not repeated.

        A run is repeated if the grader failed, or if its solution has changed. No other run ever is: to
        repeat a random experiment until its result pleases would make the proof worthless.
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
        """Yield the result of every run: stored results first, the others as soon as they are done.

        Whoever leaves the loop early has to close it, or nobody else can go on with these runs.

        Args:
            plans: pairs of a plan and the runs to grade or measure by it.
            jobs: number of runs in parallel.

        Raises:
            HomeworkError: another command works on the same runs.
        """
        self._make_folder()
        with self._alone(), tempfile.TemporaryDirectory(prefix=_LAID_OUT, dir=self._folder) as folder:
            for left in set(self._folder.glob(f"{_LAID_OUT}*")) - {Path(folder)}:
                shutil.rmtree(left, ignore_errors=True)  # by a run that was killed
            kept = self.kept([run for _, runs in plans for run in runs])
            yield from kept.values()
            engine = LocalEngine(jobs, self._folder / "log.txt")
            for plan, runs in plans:
                entries = [
                    Entry(run.name, (run.specimen.lay_out(Path(folder)),), run.seeds)
                    for run in runs
                    if run.name not in kept
                ]
                with closing(pool.run(plan, entries, engine)) as answers:
                    for graded in answers:
                        self._journal.add(graded.result)
                        yield graded.result

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other commands from the same runs: they would pay for everything twice."""
        with ExitStack() as stack:
            try:
                stack.enter_context(exclusive_lock(self._folder.with_name(f"{self._folder.name}.lock")))
            except BlockingIOError as error:
                raise HomeworkError(
                    f"Expected no other command at work in {self._folder}. Received: one. Wait for it."
                ) from error
            yield

    def forget(self) -> None:
        """Delete all stored results and the key.

        Raises:
            HomeworkError: another command works on the same runs.
        """
        self._make_folder()
        with self._alone():
            shutil.rmtree(self._folder, ignore_errors=True)
            vars(self).pop("_known", None)

    @cached_property
    def _known(self) -> Mapping[str, SubmissionResult]:
        return self._journal.read().results

    def _make_folder(self) -> None:
        self._folder.mkdir(parents=True, mode=0o700, exist_ok=True)


def _state(homework: SolvedHomework, tier: Tier, *, judged: bool) -> str:
    """Return a digest of everything that affects all runs; each specimen has its own digest."""
    without = () if judged else (CALIBRATION,)
    parts = (
        digest_of_homework(homework, without, specimens=False),
        repr(asdict(conditions_here(homework))),
        tier,
        digest_of_package(),
    )
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def _digest_of_specimen(specimen: Specimen) -> str:
    """Return the digest that a result of this solution carries."""
    return digest_of({name: text.encode() for name, text in specimen.files.items()})
