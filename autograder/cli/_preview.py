"""What `autograder grade` shows without giving grades: one check alone, or what a run would do."""

from __future__ import annotations

import math
import tempfile
from contextlib import closing
from pathlib import Path

from rich.console import Console

from autograder.cli._class_run import ClassRun, chosen_entries, expected_seconds
from autograder.cli._common import console
from autograder.cli._counted import counted, duration
from autograder.cli._verdicts import verdict_table
from autograder.grading import pool
from autograder.grading.journal import Journal
from autograder.grading.known_results import KnownResults
from autograder.grading.local import LocalEngine
from autograder.grading.publish import JOURNAL
from autograder.grading.slot import most_seconds
from autograder.result import SubmissionResult, SubmissionStatus
from autograder.untrusted import plain


def show_checks(run: ClassRun, checks: tuple[str, ...]) -> None:
    """Run some checks, and the checks that they need, and show the verdicts. No result is written.

    Args:
        run: the run of the class; its folder for results is left as it is.
        checks: identifiers of the checks.

    Raises:
        HomeworkError: there is no such check.
        HomeworkError, CertificateError, DatasetError: nothing can be graded, see `plan_grades`.
    """
    show, entries = console(), chosen_entries(run.entries, run.students)
    plan = run.plan(only=checks)
    work = {entry.student: 1.0 for entry in entries}
    with tempfile.TemporaryDirectory() as folder:
        engine = LocalEngine(run.jobs, Path(folder) / "log.txt")
        with (
            closing(pool.run(plan, entries, engine)) as graded,
            counted(show, f"Running {', '.join(checks)}", work) as advance,
        ):
            for one in graded:
                advance(one.result.student, one.known)
                _show_result(show, one.result)
    show.print("No grade was written.", markup=False)


def _show_result(show: Console, result: SubmissionResult) -> None:
    """Show the verdicts of one student, or why there are none."""
    show.print(plain(result.student, 60), style="bold", markup=False)
    if result.status is SubmissionStatus.NEEDS_STAFF and not result.checks:
        show.print(f"{result.status.words}: {plain(result.reason, 200)}", markup=False)
    elif not result.checks:
        show.print(plain(result.reason, 200), markup=False)
    else:
        show.print(verdict_table(result.checks))
    for check in result.checks:
        figures = [f"{name} {value:.4g}" for name, value in check.metrics.items()]
        if check.measurement is not None:
            figures += [f"{check.measurement.what}: {value:.4g}" for value in check.measurement.values]
        if figures or check.detail:
            show.print("\n".join(filter(None, (", ".join(figures), check.detail))), style="dim", markup=False)


def foresee(run: ClassRun) -> None:
    """Show what a run of the class would do: whom it would grade, what is known already, how long it takes.

    Args:
        run: the run of the class; its folder for results is left as it is.

    Raises:
        HomeworkError, CertificateError, DatasetError: nothing can be graded, see `plan_grades`.
    """
    show, entries = console(), chosen_entries(run.entries, run.students)
    known = KnownResults(run.plan())
    left = [entry for entry in entries if known.find(entry) is None]
    names = ", ".join(plain(entry.student, 60) for entry in left) or "nobody"
    show.print(f"Known already: {len(entries) - len(left)} of {len(entries)}.", markup=False)
    show.print(f"Would be graded: {len(left)}: {names}.", markup=False, soft_wrap=True)
    if not left:
        return
    before = Journal(run.out / JOURNAL).read().results
    slots = min(run.jobs, len(left))
    if any(result.seconds for result in before.values()):
        seconds = list(expected_seconds(left, before).values())
        expected = max(sum(seconds) / slots, *seconds)
        show.print(f"Expected time: {duration(expected)}, as earlier submissions took.", markup=False)
    else:
        show.print(
            "Expected time: unknown, because nothing of this homework was graded before.", markup=False
        )
    worst = most_seconds(run.homework) * math.ceil(len(left) / slots)
    show.print(f"Worst time: {duration(worst)}, if every job uses up its limit.", markup=False)
