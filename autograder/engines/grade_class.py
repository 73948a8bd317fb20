"""Grade a class from its folder of submissions to the files that staff read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from autograder import datasets
from autograder.engines.bench import Bench
from autograder.engines.class_files import ClassFiles
from autograder.grading.certify import certify
from autograder.grading.journal import Journal
from autograder.grading.run_checks import verify_manifest
from autograder.homework import Course, HomeworkError, SolvedHomework
from autograder.reports.csv import write_grades
from autograder.reports.page import write_page
from autograder.result import SubmissionResult
from autograder.sandbox.tier import Tier
from autograder.submission import Entry


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
        calibrated_elsewhere: use thresholds of other conditions, and say so in every result.
    """

    course: Course
    homework: SolvedHomework
    entries: tuple[Entry, ...]
    students: tuple[str, ...]
    out: Path
    tier: Tier
    jobs: int
    secret_paths: tuple[Path, ...]
    calibrated_elsewhere: bool = False

    def grade(self, on_result: Callable[[SubmissionResult], None]) -> list[SubmissionResult]:
        """Grade all submissions; write ``results.jsonl`` on the way, grades, pages and feedback last.

        Args:
            on_result: told each result when it is there.

        Returns:
            The last result of each student of the class who has one, in the class's order.

        Raises:
            HomeworkError: the checks are not those of the manifest, or ``out`` holds results of another
                homework, or links in place of its folders; nobody was graded.
            CertificateError: the stochastic checks were not calibrated for here; nobody was graded.
            DatasetError: the homework's data cannot be had; nobody was graded.
        """
        journal = Journal(self.out / "results.jsonl")
        self._refuse_other_homework(journal)
        datasets.load(self.homework.dataset)
        rules = verify_manifest(self.homework).rules
        calibration = certify(self.homework, rules, elsewhere=self.calibrated_elsewhere)
        self.out.mkdir(mode=0o700, parents=True, exist_ok=True)
        files = ClassFiles(self.out)
        bench = Bench(
            self.course,
            self.homework,
            self.tier,
            self.jobs,
            hidden=(self.out, *self.secret_paths),
            log=files.grader_log,
            calibration=calibration,
        )
        for graded in bench.grade(self.entries):
            journal.add(graded.result)
            files.keep(graded)
            on_result(graded.result)
        results = journal.read()
        ordered = [results[student] for student in self.students if student in results]
        write_grades(ordered, self.out / "grades.csv")
        now = datetime.now(UTC)
        for result in ordered:
            files.write_feedback(result, self.homework, now)
        write_page(ordered, self.homework, self.out / "report.html", when=now)
        return ordered

    def _refuse_other_homework(self, journal: Journal) -> None:
        """Refuse a folder in which the reports of another homework would be replaced by those of this one."""
        others = {result.homework for result in journal.read().values()} - {self.homework.name}
        if others:
            raise HomeworkError(
                f"Expected --out to be a folder for {self.homework.name} alone. Received: {self.out}, which "
                f"holds results of {', '.join(sorted(others))}. Give each homework a folder of its own."
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
