"""``autograder grade``: grade a class."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import closing
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
from autograder.grading import pool
from autograder.grading.graded import Graded
from autograder.grading.local import LocalEngine
from autograder.grading.plan import plan_grades
from autograder.grading.publish import Results, refuse_out
from autograder.grading.run_checks import ChecksBroken
from autograder.homework import Course, SolvedHomework
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
from autograder.untrusted import student_name

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
    course_folder: Path,
) -> None:
    """Grade every submission of HOMEWORK in the folder SUBMISSIONS.

    SUBMISSIONS holds a folder, a .zip or a .tar.gz for each student, or is nbgrader's folder submitted/,
    which is also the default. Writes results.jsonl, grades.csv, report.html, feedback/, pictures/ and logs/
    to --out.

    A submission is not graded again if nothing that decides about it has changed since an earlier run. So a
    run that was stopped continues. --fresh grades everything anew.

    Exit code 0: every submission has a grade. 2: grading could not start. 3: some submissions need staff. A
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
            console().print(f"Ignored, because neither folder nor archive: {', '.join(stray)}", markup=False)
        results = grade_and_show(
            course,
            homework,
            entries,
            out,
            jobs,
            tier=choose_tier(wanted, trusted=trusted),
            secret_paths=(submissions,),
            students=students,
            calibrated_elsewhere=calibrated_elsewhere,
            fresh=fresh,
        )
    if any(result.status is SubmissionStatus.NEEDS_STAFF for result in results):
        raise click.exceptions.Exit(NEEDS_STAFF)


def grade_and_show(
    course: Course,
    homework: SolvedHomework,
    entries: list[Entry],
    out: Path,
    jobs: int,
    *,
    tier: Tier,
    secret_paths: tuple[Path, ...],
    students: tuple[str, ...] = (),
    calibrated_elsewhere: bool = False,
    fresh: bool = False,
) -> list[SubmissionResult]:
    """Grade a class with progress on the console, and show the table at the end.

    Args:
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

    Returns:
        The last result of each student of the class who has one.

    Raises:
        HomeworkError, CertificateError, DatasetError: see `plan_grades` and `Results`; nothing was graded.
    """
    show, chosen = console(), _chosen(entries, students)
    plan = plan_grades(
        course,
        homework,
        tier,
        hidden=(out, *secret_paths),
        calibrated_elsewhere=calibrated_elsewhere,
        fresh=fresh,
    )
    results, damaged = Results(out, homework), list[str]()
    engine = LocalEngine(jobs, results.grader_log)
    with closing(pool.run(plan, chosen, engine, damaged.append)) as graded:
        known = _keep_with_progress(show, graded, results, f"Grading {homework.name}", len(chosen))
    published = results.publish([entry.student for entry in entries])
    show.print(class_table(published.results, homework))
    for sentence in (*published.unreadable, *damaged):
        show.print(sentence, style="yellow", markup=False, soft_wrap=True)
    if known:
        show.print(f"Known already: {known} of {len(chosen)}.", markup=False)
    for change in published.changes:
        show.print(change, markup=False, soft_wrap=True)
    show.print(
        f"Isolation: {tier}. Results: {out / 'report.html'}, feedback/, grades.csv, results.jsonl, logs/",
        markup=False,
    )
    show.print(tally(published.results), markup=False)
    return published.results


def _keep_with_progress(
    show: Console, graded: Iterator[Graded], results: Results, what: str, total: int
) -> int:
    """Store each result when it arrives, and show progress. SIGTERM of a batch system acts as Ctrl-C.

    Returns:
        How many results were known.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    done = known = 0
    try:
        with counted(show, what, total) as advance:
            for one in graded:
                known += not results.add(one)
                done += 1
                advance()
    except KeyboardInterrupt:
        where = f"; they are in {results.journal}" if done else ""
        show.print(f"Stopped. {done} of {total} submissions were graded{where}.", markup=False)
        raise
    return known


def _chosen(entries: list[Entry], students: tuple[str, ...]) -> list[Entry]:
    """Return the entries of the given students; all entries if none is given.

    A student is named as in reports, or by the name of the folder or archive.
    """
    known = {entry.student for entry in entries}
    wanted = {student if student in known else student_name(student): student for student in students}
    for name, student in wanted.items():
        if name not in known:
            fail(f"Expected --student to name a submission. Received: {student!r}")
    return [entry for entry in entries if not students or entry.student in wanted]


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
