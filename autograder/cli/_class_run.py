"""Grade a class with progress on the console: plan, pool, publish, and the table at the end."""

from __future__ import annotations

import signal
import statistics
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click
from rich.console import Console

from autograder.calibration.certificate import CertificateError
from autograder.cli import INTERRUPTED
from autograder.cli._common import console, fail
from autograder.cli._counted import counted
from autograder.datasets import DatasetError
from autograder.grading import pool
from autograder.grading.graded import Graded
from autograder.grading.local import LocalEngine
from autograder.grading.out_lock import locked
from autograder.grading.plan import Plan, plan_grades
from autograder.grading.publish import Published, Results
from autograder.homework import Course, SolvedHomework
from autograder.judging.run_checks import ChecksBroken
from autograder.reports.summary import tally
from autograder.reports.table import class_table
from autograder.result import SubmissionResult
from autograder.sandbox.tier import Tier
from autograder.submission import Entry
from autograder.untrusted import close_names, student_name

CANNOT_GRADE: Final = (CertificateError, DatasetError, ChecksBroken)
"""What prevents grading, beside a `HomeworkError`; each message says what to do."""


@dataclass(frozen=True, kw_only=True)
class ClassRun:
    """One run of a class.

    Attributes:
        course: the course.
        homework: one of its homeworks.
        entries: all submissions of the class.
        out: folder for results.
        jobs: submissions in parallel.
        tier: how student code is confined.
        secret_paths: paths that must not exist inside the sandbox, in addition to the course's folder.
        students: names of the students to grade; all if empty.
        calibrated_elsewhere: accept thresholds that were calibrated under other conditions.
        fresh: grade everything anew; use no known results.
    """

    course: Course
    homework: SolvedHomework
    entries: list[Entry]
    out: Path
    jobs: int
    tier: Tier
    secret_paths: tuple[Path, ...]
    students: tuple[str, ...] = ()
    calibrated_elsewhere: bool = False
    fresh: bool = False

    def plan(self, *, only: Sequence[str] = ()) -> Plan:
        """Return the plan of this run.

        Args:
            only: identifiers of the checks to run, with those that they need; all if empty.

        Raises:
            HomeworkError, CertificateError, DatasetError: see `plan_grades`.
        """
        return plan_grades(
            self.course,
            self.homework,
            self.tier,
            hidden=(self.out, *self.secret_paths),
            calibrated_elsewhere=self.calibrated_elsewhere,
            fresh=self.fresh,
            only=only,
        )

    def run(self) -> list[SubmissionResult]:
        """Grade, write the reports, and show the table.

        Returns:
            The last result of each student of the class who has one.

        Raises:
            HomeworkError, CertificateError, DatasetError: nothing was graded; see `plan_grades`, `locked` and
                `Results`.
            click.exceptions.Exit: the run was interrupted. There are reports about what was done.
        """
        show, chosen, plan = console(), chosen_entries(self.entries, self.students), self.plan()
        with locked(self.out):
            results, damaged = Results(self.out, self.homework), list[str]()
            work = expected_seconds(chosen, results.before)
            chosen.sort(key=lambda entry: -work[entry.student])  # a long one at the end keeps one slot alone
            engine = LocalEngine(self.jobs, results.grader_log)
            with closing(pool.run(plan, chosen, engine, damaged.append)) as graded:
                count = _keep(show, graded, results, f"Grading {self.homework.name}", work)
            published = results.publish([entry.student for entry in self.entries])
        self._show(show, published, [*published.unreadable, *damaged], count)
        if count.interrupted:
            raise click.exceptions.Exit(INTERRUPTED)
        return published.results

    def _show(self, show: Console, published: Published, warnings: list[str], count: _Count) -> None:
        """Show the table, and sentences about the run."""
        show.print(class_table(published.results, self.homework))
        for sentence in warnings:
            show.print(sentence, style="yellow", markup=False, soft_wrap=True)
        if count.known:
            show.print(f"Known already: {count.known} of {count.total}.", markup=False)
        for change in published.changes:
            show.print(change, markup=False, soft_wrap=True)
        show.print(
            f"Isolation: {self.tier}. Results: {self.out / 'report.html'}, feedback/, grades.csv, "
            "results.jsonl, logs/",
            markup=False,
        )
        show.print(tally(published.results), markup=False)
        if count.interrupted:
            show.print(
                f"Stopped after {count.done} of {count.total} submissions. The reports contain these, and "
                f"what was graded earlier. {self._how_to_go_on()}",
                markup=False,
                soft_wrap=True,
            )

    def _how_to_go_on(self) -> str:
        """Return what to do after Ctrl-C."""
        if self.tier is Tier.NONE:
            return "Without isolation nothing is known to the next run: it grades all of them again."
        if self.fresh:
            return "Started again with --fresh, the command begins with all of them; --student names some."
        return "To go on, start the same command again."


@dataclass
class _Count:
    """How far a run came.

    Attributes:
        total: submissions to grade.
        done: how many have a result.
        known: how many of these results were known from earlier runs.
        interrupted: whether Ctrl-C ended the run.
    """

    total: int
    done: int = 0
    known: int = 0
    interrupted: bool = False


def _keep(
    show: Console,
    graded: Generator[Graded, None, None],
    results: Results,
    what: str,
    work: Mapping[str, float],
) -> _Count:
    """Keep each result when it arrives, and show progress. SIGTERM of a batch system acts as Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    count = _Count(len(work))
    try:
        with counted(show, what, work) as advance:
            for one in graded:
                known = not results.add(one)
                count.known += known
                count.done += 1
                advance(one.result.student, 0.0 if known else one.result.seconds)
    except KeyboardInterrupt:
        count.interrupted = True
    return count


def chosen_entries(entries: list[Entry], students: Sequence[str]) -> list[Entry]:
    """Return the entries of some students; all entries if no student is named.

    Args:
        entries: all entries.
        students: each named as in reports, or by the name of the folder or archive.
    """
    known = {entry.student for entry in entries}
    wanted = {name if name in known else student_name(name): name for name in students}
    for name, student in wanted.items():
        if name not in known:
            close = close_names(name, sorted(known))
            similar = f" Similar names: {', '.join(close)}." if close else ""
            fail(f"Expected --student to name a submission. Received: {student!r}.{similar}")
    return [entry for entry in entries if not students or entry.student in wanted]


def expected_seconds(entries: list[Entry], before: Mapping[str, SubmissionResult]) -> dict[str, float]:
    """Return how long each submission probably takes: as long as the student's earlier one did.

    Where its jobs were known, they count as if they had been run. Of students without an earlier submission
    nothing is known, so they count as the median of the others.
    """
    seconds = {
        student: max(result.seconds, result.jobs.total)
        for student, result in before.items()
        if result.seconds
    }
    usual = statistics.median(seconds.values()) if seconds else 1.0
    return {entry.student: seconds.get(entry.student, usual) for entry in entries}
