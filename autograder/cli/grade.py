"""``autograder grade``: grade a class."""

from __future__ import annotations

from pathlib import Path

import click

from autograder.cli._class_run import CANNOT_GRADE, ClassRun
from autograder.cli._common import (
    console,
    course_option,
    fail,
    find_course,
    jobs_option,
    usage_errors,
)
from autograder.cli._preview import preview, show_checks
from autograder.grading.publish import refuse_out
from autograder.homework import Course, SolvedHomework
from autograder.result import SubmissionStatus
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
    help="Isolate at this tier only. Default: the strongest tier that works here.",
)


@click.command()
@click.argument("name", metavar="HOMEWORK")
@click.argument("submissions", type=click.Path(path_type=Path), required=False)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder for results. Default: graded/HOMEWORK in the course, where nbgrader finds them.",
)
@jobs_option
@click.option(
    "--student", "students", multiple=True, metavar="ID", help="Grade only this student; may be repeated."
)
@tier_option
@click.option(
    "--i-trust-these-submissions",
    "trusted",
    is_flag=True,
    help="Grade without isolation if this machine has none.",
)
@click.option(
    "--calibrated-elsewhere",
    is_flag=True,
    help="Use thresholds that were calibrated with other data or versions.",
)
@click.option("--fresh", is_flag=True, help="Grade everything anew; use no known results.")
@click.option(
    "--check",
    "checks",
    multiple=True,
    metavar="ID",
    help="Run only this check and those that it needs, show the verdicts, write no grade. May be repeated.",
)
@click.option(
    "--dry-run",
    is_flag=True,
    help="Show whom it would grade, what is known already, and how long it would take. Grades nothing.",
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
    fresh: bool,
    checks: tuple[str, ...],
    dry_run: bool,
    course_folder: Path,
) -> None:
    """Grade every submission of HOMEWORK in the folder SUBMISSIONS.

    SUBMISSIONS holds a folder, a .zip or a .tar.gz for each student, or is nbgrader's folder submitted/,
    which is also the default. Writes results.jsonl, grades.csv, report.html, feedback/, pictures/ and logs/
    to --out.

    A submission is not graded again if nothing that decides about it has changed since an earlier run. So a
    run that was stopped continues. --fresh grades everything anew.

    Exit code 0: every submission has a grade. 2: grading could not start. 3: some submissions need staff. A
    rejected submission has a grade: 0, with the reason for the student. 130: Ctrl-C; reports contain what was
    done until then.
    """
    course = find_course(course_folder)
    submissions = submissions or course.root / "submitted"
    out = out or course.results(name)
    with usage_errors(SubmissionsError, *CANNOT_GRADE):
        homework = course.homework(name)
        refuse_out(out, submissions)
        if checks and dry_run:
            fail("Expected --check or --dry-run. Received: both.")
        run = ClassRun(
            course=course,
            homework=homework,
            entries=_entries(course, homework, submissions),
            out=out,
            jobs=jobs,
            tier=choose_tier(wanted, trusted=trusted),
            secret_paths=(submissions,),
            students=students,
            calibrated_elsewhere=calibrated_elsewhere,
            fresh=fresh,
        )
        if dry_run:
            preview(run)
            return
        results = show_checks(run, checks) if checks else run.run()
    if any(result.status is SubmissionStatus.NEEDS_STAFF for result in results):
        raise click.exceptions.Exit(NEEDS_STAFF)


def _entries(course: Course, homework: SolvedHomework, submissions: Path) -> list[Entry]:
    """Return the submissions of a class, and name what in their folder belongs to none of them.

    Raises:
        SubmissionsError: the folder holds no submission of this homework.
    """
    entries, others = split_by_homework(find_submissions(submissions), homework, course.homework_names())
    if not entries:
        raise SubmissionsError(
            f"Expected submissions of {homework.name} in {submissions}. Received: others only."
        )
    if others:
        console().print(f"Students who handed in only other homeworks: {', '.join(others)}", markup=False)
    if stray := passed_over(submissions):
        console().print(f"Ignored, because neither folder nor archive: {', '.join(stray)}", markup=False)
    return entries


def choose_tier(wanted: str | None = None, *, trusted: bool = False) -> Tier:
    """Return the tier to grade at, or end the command if this machine cannot grade at it.

    Args:
        wanted: the tier that the user chose; the strongest one if None.
        trusted: whether to grade without isolation if this machine has none.

    Raises:
        CannotStartError: the tier is not available; the message says why and how to fix it.
    """
    isolation = probe()
    tier = isolation.tier if wanted is None else Tier(wanted)
    if tier is not isolation.tier and (refusal := why_unavailable(tier)) is not None:
        fail(
            f"This machine cannot confine student code at tier {tier}: {refusal}.\nTo fix it: {remedy(tier)}"
        )
    if isolation.tier is Tier.NONE and not trusted:
        fail(
            f"This machine cannot confine student code: {isolation.missing}.\n"
            f"To fix it: {isolation.remedy}\n"
            "To grade without isolation nevertheless, add --i-trust-these-submissions; results are marked."
        )
    return tier
