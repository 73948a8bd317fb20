"""A bench: what is set up on this machine to grade many submissions of a homework, and taken down after."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.engines.local import LocalEngine
from autograder.grading.course_secret import course_secret
from autograder.grading.grade import Graded
from autograder.grading.slot import SlotSetting
from autograder.homework import Course, Homework
from autograder.sandbox import cgroup
from autograder.sandbox.scratch import scratch_folder, sweep
from autograder.sandbox.tier import Tier
from autograder.submission import Entry


@dataclass(frozen=True, slots=True)
class Bench:
    """Where submissions are graded, and how.

    Attributes:
        course: the course.
        homework: one of its homeworks.
        tier: how student code is confined.
        jobs: submissions graded at a time.
        hidden: what must not exist inside the jail, beside the course.
        log: file that takes what grading processes print; for staff.
        calibration: a sentence for the results about the stochastic checks.
        calibrating: stochastic checks to measure, and to judge none; nothing where grades are wanted.
        secret: key of all seeds; the course's own when it is not given.
    """

    course: Course
    homework: Homework
    tier: Tier
    jobs: int
    hidden: tuple[Path, ...]
    log: Path
    calibration: str = ""
    calibrating: tuple[str, ...] = ()
    secret: bytes | None = None

    def grade(self, entries: Sequence[Entry]) -> Iterator[Graded]:
        """Grade all entries; yield each when it is done."""
        sweep()
        with scratch_folder() as memory, scratch_folder() as scratch:
            Path(scratch).chmod(0o711)  # jobs may be another user's, who has to come through
            setting = self._setting(memory, scratch)
            yield from LocalEngine(self.homework, setting, self.jobs, self.log).grade(entries)

    def _setting(self, memory: str, scratch: str) -> SlotSetting:
        """Return what the slots need to know."""
        return SlotSetting(
            course=str(self.course.root),
            homework=self.homework.name,
            secret=(self.secret or course_secret(self.course)).hex(),
            tier=self.tier,
            hidden=tuple(str(path.resolve()) for path in (self.course.root, *self.hidden)),
            memory=memory,
            scratch=scratch,
            group=str(cgroup.claim() or ""),
            calibration=self.calibration,
            calibrating=self.calibrating,
        )
