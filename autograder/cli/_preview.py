"""What `autograder grade` shows without giving grades: one check alone, or what a run would do."""

from __future__ import annotations

import math
import signal
from collections.abc import Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Final

from rich.console import Console

from autograder.calibration.cost import Allowance
from autograder.cli._class_run import ClassRun, chosen_entries, expected_seconds
from autograder.cli._common import console
from autograder.cli._counted import counted, duration
from autograder.cli._verdicts import verdict_table
from autograder.grading import pool
from autograder.grading.journal import Journal
from autograder.grading.known_results import KnownResults
from autograder.grading.local import LocalEngine
from autograder.grading.publish import JOURNAL
from autograder.grading.submission import allowance_of
from autograder.known.speed import machine_measure
from autograder.result import SubmissionResult, SubmissionStatus
from autograder.sandbox.scratch import scratch_folder
from autograder.submission import Entry
from autograder.untrusted import plain

_LONGEST_DETAIL: Final = 20_000


def show_checks(run: ClassRun, checks: tuple[str, ...]) -> list[SubmissionResult]:
    """Run some checks, and the checks that they need, and show the verdicts. No result is written.

    Args:
        run: the run of the class; its folder for results is left as it is.
        checks: identifiers of the checks.

    Returns:
        The results, which are no grades.

    Raises:
        HomeworkError, CertificateError, DatasetError: there is no such check, or nothing can be graded, see
            `plan_grades`.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    show, entries = console(), chosen_entries(run.entries, run.students)
    plan = run.plan(only=checks)
    work, results = {entry.student: 1.0 for entry in entries}, []
    with scratch_folder() as folder:
        engine = LocalEngine(run.jobs, Path(folder) / "log.txt")
        with (
            closing(pool.run(plan, entries, engine)) as graded,
            counted(show, f"Running {', '.join(checks)}", work) as advance,
        ):
            for one in graded:
                advance(one.result.student, 0.0 if one.known else one.result.seconds)
                results.append(one.result)
                _show_result(show, one.result)
    show.print("No grade was written.", markup=False)
    return results


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
            told = plain(check.detail, _LONGEST_DETAIL, lines=True)
            show.print("\n".join(filter(None, (", ".join(figures), told))), style="dim", markup=False)


def preview(run: ClassRun) -> None:
    """Show what a run of the class would do: whom it would grade, what is known already, how long it takes.

    Args:
        run: the run of the class; its folder for results is left as it is.

    Raises:
        HomeworkError, CertificateError, DatasetError: nothing can be graded, see `plan_grades`.
    """
    show, entries = console(), chosen_entries(run.entries, run.students)
    plan = run.plan()
    known = KnownResults(plan)
    found = [(entry, known.find(entry)) for entry in entries]
    left = [entry for entry, graded in found if graded is None]
    unread = [graded.result for _, graded in found if graded is not None and not graded.known]
    known.tell(partial(show.print, style="yellow", markup=False))
    count = len(entries) - len(left) - len(unread)
    show.print(f"Known already: {count} of {len(entries)}.", markup=False)
    if unread:
        show.print(f"Cannot be read, so nothing of them is run: {len(unread)}.", markup=False)
    for one in unread:
        told = f"  {plain(one.student, 60)}: {one.status.words}. {plain(one.reason, 200)}"
        show.print(told, markup=False, soft_wrap=True)
    names = ", ".join(plain(entry.student, 60) for entry in left)
    show.print(f"Would be graded: {len(left)}{f' ({names})' if left else ''}.", markup=False, soft_wrap=True)
    if not left:
        return
    slots = min(run.jobs, len(left))
    allowed = allowance_of(plan, machine_measure())
    seconds, basis = _expected(left, Journal(run.out / JOURNAL).read().results, allowed)
    if seconds:
        show.print(f"Expected time: {duration(max(sum(seconds) / slots, *seconds))}, {basis}.", markup=False)
    else:
        show.print("Expected time: unknown, because nothing was graded here before.", markup=False)
    worst = allowed.most_seconds * math.ceil(len(left) / slots)
    show.print(f"Worst time: {duration(worst)}, if every job uses up its limit.", markup=False)


def _expected(
    entries: list[Entry], before: Mapping[str, SubmissionResult], allowed: Allowance
) -> tuple[list[float], str]:
    """Return the probable seconds of each submission, and where they are from; nothing if that is unknown."""
    if any(result.seconds for result in before.values()):
        return list(expected_seconds(entries, before).values()), "as long as earlier submissions"
    if allowed.known:
        return [allowed.reference] * len(entries), "if each takes as long as the reference"
    return [], ""
