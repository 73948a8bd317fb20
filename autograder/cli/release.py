"""``autograder release``: write the stubs, and run the leak check."""

from __future__ import annotations

from pathlib import Path

import click

from autograder.authoring.proof import unproved
from autograder.authoring.release import release as release_homework
from autograder.cli._class_run import CANNOT_GRADE
from autograder.cli._common import console, course_option, find_course, usage_errors


@click.command()
@click.argument("names", metavar="[HOMEWORK]...", nargs=-1)
@click.option(
    "--check", is_flag=True, help="Change nothing; fail if a stub is out of date or there is a leak."
)
@course_option
def release(names: tuple[str, ...], course_folder: Path, check: bool) -> None:
    """Cut the stubs of each HOMEWORK from its reference, and search everything released for leaks.

    Without a name: all homeworks of the course. Exit code 1: a folder must not be released, because of a
    leak, a stub that is out of date, or a self-test that is missing or older than the checks.
    """
    course = find_course(course_folder)
    show = console()
    ok = True
    for name in names or course.homework_names():
        with usage_errors(*CANNOT_GRADE):
            homework = course.homework(name)
            report = release_homework(homework, check=check)
        unproved_reason = unproved(homework)
        for path in report.written:
            done = "wrote" if path.exists() else "removed"
            show.print(f"{done} {path.relative_to(course.root)}", markup=False)
        for outdated in report.outdated:
            show.print(
                f"{outdated.path.relative_to(course.root)} is out of date:\n{outdated.diff}", markup=False
            )
        for leak in report.leaks:
            place = f"{leak.path.relative_to(course.root)}, {leak.where}"
            show.print(f"leak: {place}: {leak.why}: {leak.excerpt}", markup=False)
        if unproved_reason is not None:
            show.print(f"{name}: must not be released. {unproved_reason}", markup=False)
        elif report.ok:
            show.print(f"{name}: stubs agree with the reference, no leaks", markup=False)
        else:
            show.print(
                f"{name}: must not be released"
                + (f"; run autograder release {name}" if report.outdated else ""),
                markup=False,
            )
        ok = ok and report.ok and unproved_reason is None
    if not ok:
        raise click.exceptions.Exit(1)
