"""``autograder grade``: grade a class."""

from __future__ import annotations

import signal
from pathlib import Path

import click
from rich.console import Console

from autograder.calibration.certificate import CertificateError
from autograder.cli._common import (
    console,
    counted,
    course_option,
    fail,
    find_course,
    jobs_option,
    usage_errors,
)
from autograder.datasets import DatasetError
from autograder.engines.grade_class import ClassRun, refuse_out
from autograder.grading.run_checks import ChecksBroken
from autograder.homework import Course
from autograder.reports.summary import tally
from autograder.reports.table import class_table
from autograder.result import SubmissionResult, SubmissionStatus
from autograder.sandbox.tier import Tier, probe, remedy, why_unavailable
from autograder.submission import (
    Entry,
    SubmissionsError,
    find_submissions,
    passed_over,
    split_by_homework,
)

NEEDS_STAFF = 3


tier_option = click.option(
    "--tier",
    "wanted",
    type=click.Choice([Tier.NAMESPACES.value, Tier.LANDLOCK.value]),
    default=None,
    help="How to isolate, and no other way. Default: the strongest that works here.",
)


@click.command()
@click.argument("name", metavar="HOMEWORK")
@click.argument("submissions", type=click.Path(path_type=Path), required=False)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder for results. Default: graded/HOMEWORK in the course, where nbgrader looks for them.",
)
@jobs_option
@click.option(
    "--student", "students", multiple=True, metavar="ID", help="Grade only this one; may be repeated."
)
@tier_option
@click.option(
    "--i-trust-these-submissions",
    "trusted",
    is_flag=True,
    help="Grade without isolation where there is none.",
)
@click.option(
    "--calibrated-elsewhere",
    is_flag=True,
    help="Use thresholds that were calibrated with other data or versions.",
)
@course_option
def grade(
    name: str,
    submissions: Path | None,
    out: Path | None,
    jobs: int,
    students: tuple[str, ...],
    wanted: str | None,
    trusted: bool,
    calibrated_elsewhere: bool,
    course_folder: Path,
) -> None:
    """Grade every submission of HOMEWORK in the folder SUBMISSIONS.

    SUBMISSIONS holds a folder, a .zip or a .tar.gz for each student, or is nbgrader's submitted/ tree, which
    is also what is graded without it. Writes results.jsonl, grades.csv, report.html, feedback/, pictures/ and
    logs/ to --out.

    Ends with 0 when every submission has a grade, 3 when some need staff, 2 when nothing could start. A
    rejected submission has a grade: 0, with the reason for the student.
    """
    course = find_course(course_folder)
    submissions = submissions or course.root / "submitted"
    out = out or course.results(name)
    with usage_errors(SubmissionsError, CertificateError, DatasetError, ChecksBroken):
        homework = course.homework(name)
        refuse_out(out, submissions)
        entries = find_submissions(submissions)
        entries, others = split_by_homework(entries, homework, course.homework_names())
        if not entries:
            raise SubmissionsError(f"Expected submissions of {name} in {submissions}. Received: others only.")
        if others:
            console().print(f"Handed in other homeworks only: {', '.join(others)}", markup=False)
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
            calibrated_elsewhere=calibrated_elsewhere,
        )
    if any(result.status is SubmissionStatus.NEEDS_STAFF for result in results):
        raise click.exceptions.Exit(NEEDS_STAFF)


def grade_and_show(
    course: Course,
    name: str,
    entries: list[Entry],
    out: Path,
    jobs: int,
    *,
    tier: Tier,
    secret_paths: tuple[Path, ...],
    students: tuple[str, ...] = (),
    calibrated_elsewhere: bool = False,
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
        jobs,
        secret_paths,
        calibrated_elsewhere,
    )
    results = _with_progress(show, run)
    show.print(class_table(results, homework))
    show.print(
        f"Isolation: {run.tier}. Results: {out / 'report.html'}, feedback/, grades.csv, results.jsonl, logs/",
        markup=False,
    )
    show.print(tally(results), markup=False)
    return results


def _with_progress(show: Console, run: ClassRun) -> list[SubmissionResult]:
    """Grade under a progress bar; being stopped by a batch system is being stopped as well."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    done = 0
    try:
        with counted(show, f"Grading {run.homework.name}", len(run.entries)) as advance:

            def on_result(_: SubmissionResult) -> None:
                nonlocal done
                done += 1
                advance()

            return run.grade(on_result)
    except KeyboardInterrupt:
        where = f"; they are in {run.out / 'results.jsonl'}" if done else ""
        show.print(f"Stopped. {done} of {len(run.entries)} submissions were graded{where}.", markup=False)
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
    if wanted is not None and wanted != isolation.tier and (refusal := why_unavailable(Tier(wanted))):
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
