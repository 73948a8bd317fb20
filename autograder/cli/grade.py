"""``autograder grade``: grade a class."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from autograder.cli._common import console, course_option, fail, find_course, usage_errors
from autograder.datasets import DatasetError
from autograder.engines.grade_class import ClassRun, refuse_out
from autograder.grading.run_checks import ChecksBroken
from autograder.homework import Course
from autograder.reports.summary import tally
from autograder.reports.table import class_table
from autograder.result import SubmissionResult, SubmissionStatus
from autograder.sandbox.tier import Tier, complaint, probe, remedy
from autograder.submission import Entry, SubmissionsError, find_submissions, passed_over

NEEDS_STAFF = 3


@click.command()
@click.argument("name", metavar="HOMEWORK")
@click.argument("submissions", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for results.")
@click.option(
    "--jobs", type=click.IntRange(1), default=None, help="Submissions at a time. Default: one a core."
)
@click.option(
    "--student", "students", multiple=True, metavar="ID", help="Grade only this one; may be repeated."
)
@click.option(
    "--tier",
    "wanted",
    type=click.Choice([Tier.NAMESPACES.value, Tier.LANDLOCK.value]),
    default=None,
    help="How to isolate, and no other way. Default: the strongest that works here.",
)
@click.option(
    "--i-trust-these-submissions",
    "trusted",
    is_flag=True,
    help="Grade without isolation where there is none.",
)
@course_option
def grade(
    name: str,
    submissions: Path,
    out: Path,
    jobs: int | None,
    students: tuple[str, ...],
    wanted: str | None,
    trusted: bool,
    course_folder: Path,
) -> None:
    """Grade every submission of HOMEWORK in the folder SUBMISSIONS.

    SUBMISSIONS holds a folder, a .zip or a .tar.gz for each student, or is nbgrader's submitted/ tree.
    Writes results.jsonl, grades.csv, report.html and logs/ to --out.

    Ends with 0 when every submission has a grade, 3 when some need staff, 2 when nothing could start. A
    rejected submission has a grade: 0, with the reason for the student.
    """
    course = find_course(course_folder)
    with usage_errors(SubmissionsError, DatasetError, ChecksBroken):
        refuse_out(out, submissions)
        entries = find_submissions(submissions)
        if stray := passed_over(submissions):
            console().print(f"Passed over, not a folder or archive: {', '.join(stray)}", markup=False)
        results = grade_and_show(
            course,
            name,
            entries,
            out,
            jobs,
            tier=choose_tier(wanted, trusted=trusted),
            secret_paths=(submissions,),
            students=students,
        )
    if any(result.status is SubmissionStatus.NEEDS_STAFF for result in results):
        raise click.exceptions.Exit(NEEDS_STAFF)


def grade_and_show(
    course: Course,
    name: str,
    entries: list[Entry],
    out: Path,
    jobs: int | None,
    *,
    tier: Tier,
    secret_paths: tuple[Path, ...],
    students: tuple[str, ...] = (),
) -> list[SubmissionResult]:
    """Grade a class with progress on the console, and show the table at the end.

    Raises:
        HomeworkError: the homework cannot be used.
    """
    show = console()
    homework = course.homework(name)
    run = ClassRun(
        course,
        homework,
        tuple(_chosen(entries, students)),
        tuple(entry.student for entry in entries),
        out,
        tier,
        jobs or _cores(),
        secret_paths,
    )
    results = _with_progress(show, run)
    show.print(class_table(results, homework))
    show.print(
        f"Isolation: {run.tier}. Results: {out / 'report.html'}, grades.csv, results.jsonl, logs/",
        markup=False,
    )
    show.print(tally(results), markup=False)
    return results


def _with_progress(show: Console, run: ClassRun) -> list[SubmissionResult]:
    """Grade under a progress bar."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=show, transient=True) as progress:
        signal.signal(
            signal.SIGTERM, signal.default_int_handler
        )  # stopped by a batch system is stopped as well
        task = progress.add_task(f"Grading {run.homework.name}", total=len(run.entries))
        try:
            return run.grade(lambda _: progress.advance(task))
        except KeyboardInterrupt:
            done = progress.tasks[task].completed
            where = f"; they are in {run.out / 'results.jsonl'}" if done else ""
            progress.print(f"Stopped. {done:g} of {len(run.entries)} submissions were graded{where}.")
            raise


def _chosen(entries: list[Entry], students: tuple[str, ...]) -> list[Entry]:
    """Return the entries of the students that were asked for, all when none was."""
    known = {entry.student for entry in entries}
    for student in students:
        if student not in known:
            fail(f"Expected --student to name a submission. Received: {student!r}")
    return [entry for entry in entries if not students or entry.student in students]


def choose_tier(wanted: str | None = None, *, trusted: bool = False) -> Tier:
    """Return the tier to grade at, or say why this machine cannot grade at it, or at all."""
    isolation = probe()
    if wanted is not None and wanted != isolation.tier and (refusal := complaint(Tier(wanted))):
        fail(
            f"This machine cannot confine student code at tier {wanted}: {refusal}.\n"
            f"To mend it: {remedy(Tier(wanted))}"
        )
    if isolation.tier is Tier.NONE and not trusted:
        fail(
            f"This machine cannot confine student code: {isolation.missing}.\n"
            f"To mend it: {isolation.remedy}\n"
            "To grade without isolation all the same, add --i-trust-these-submissions; results are stamped."
        )
    return Tier(wanted) if wanted else isolation.tier


def _cores() -> int:
    """Return the cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
