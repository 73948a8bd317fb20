"""Grade a class from its folder of submissions to the files that staff read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from autograder import datasets
from autograder.engines.local import LocalEngine
from autograder.grading.course_secret import course_secret
from autograder.grading.grade import Graded
from autograder.grading.journal import Journal
from autograder.grading.run_checks import verify_manifest
from autograder.grading.slot import SlotSetting
from autograder.homework import Course, Homework, HomeworkError
from autograder.reports.csv import write_grades
from autograder.reports.page import write_page
from autograder.reports.text import plain
from autograder.result import SubmissionResult
from autograder.sandbox import cgroup
from autograder.sandbox.scratch import scratch_folder, sweep
from autograder.sandbox.tier import Tier
from autograder.submission import Entry

_MAX_LOG: Final = 64 << 10


@dataclass(frozen=True, slots=True)
class ClassRun:
    """One run over a class.

    Attributes:
        course: the course.
        homework: one of its homeworks.
        entries: the submissions to grade.
        students: everybody in the class; reports cover all of them who have a result.
        out: folder for results; made when it is missing.
        tier: how student code is confined.
        jobs: submissions graded at a time.
        secret_paths: what must not exist inside the jail, beside the course and ``out``.
    """

    course: Course
    homework: Homework
    entries: tuple[Entry, ...]
    students: tuple[str, ...]
    out: Path
    tier: Tier
    jobs: int
    secret_paths: tuple[Path, ...]

    def grade(self, on_result: Callable[[SubmissionResult], None]) -> list[SubmissionResult]:
        """Grade all submissions; write ``results.jsonl`` on the way, ``grades.csv`` and ``report.html`` last.

        Args:
            on_result: told each result when it is there.

        Returns:
            The last result of each student of the class who has one, in the class's order.

        Raises:
            HomeworkError: the checks are not those of the manifest; nobody was graded.
            DatasetError: the homework's data cannot be had; nobody was graded.
        """
        verify_manifest(self.homework)
        datasets.load(self.homework.dataset)
        self.out.mkdir(mode=0o700, parents=True, exist_ok=True)
        logs = self.out / "logs"
        logs.mkdir(exist_ok=True)
        journal = Journal(self.out / "results.jsonl")
        sweep()
        with scratch_folder() as memory, scratch_folder() as scratch:
            Path(scratch).chmod(0o711)  # jobs may be another user's, who has to come through
            setting = self._setting(memory, scratch)
            engine = LocalEngine(self.homework, setting, self.jobs, logs / "_grader.txt")
            for graded in engine.grade(self.entries):
                journal.add(graded.result)
                _keep_log(logs, graded)
                on_result(graded.result)
        results = {
            name: result for name, result in journal.read().items() if result.homework == self.homework.name
        }
        ordered = [results[student] for student in self.students if student in results]
        write_grades(ordered, self.out / "grades.csv")
        write_page(ordered, self.homework, self.out / "report.html", when=datetime.now(UTC))
        return ordered

    def _setting(self, memory: str, scratch: str) -> SlotSetting:
        """Return what the slots need to know."""
        hidden = (self.course.root, self.out, *self.secret_paths)
        return SlotSetting(
            course=str(self.course.root),
            homework=self.homework.name,
            secret=course_secret(self.course).hex(),
            tier=self.tier,
            hidden=tuple(str(path.resolve()) for path in hidden),
            memory=memory,
            scratch=scratch,
            group=str(cgroup.claim() or ""),
        )


def refuse_out(out: Path, submissions: Path) -> None:
    """Refuse to write results where submissions are read: the next run would take them for a student's.

    Raises:
        HomeworkError: ``out`` is the folder of submissions or lies in it, or is a file.
    """
    if out.exists() and not out.is_dir():
        raise HomeworkError(f"Expected --out to be a folder. Received: {out}, which is a file.")
    if out.resolve().is_relative_to(submissions.resolve()):
        raise HomeworkError(f"Expected --out outside the folder of submissions. Received: {out}")


def _keep_log(folder: Path, graded: Graded) -> None:
    """Keep what a student's code printed, without what could steer a terminal."""
    text = plain(graded.log, _MAX_LOG, lines=True)
    (folder / f"{_file_name(graded.result.student)}.txt").write_text(text, encoding="utf-8")


def _file_name(student: str) -> str:
    """Return a name for a student's file: their own where it is a plain one, else one that nobody shares."""
    safe = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in student)[:60]
    if safe == student and not safe.startswith(("_", ".")):
        return safe
    return f"{safe}-{hashlib.sha256(student.encode()).hexdigest()[:8]}"
