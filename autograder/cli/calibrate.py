"""``autograder calibrate``: measure the reference, and write the certificate of the thresholds."""

from __future__ import annotations

from pathlib import Path

import click

from autograder.authoring.calibrate import Calibration
from autograder.authoring.calibrate import keep_runs as keep_the_runs
from autograder.authoring.costs import measure_cost
from autograder.calibration.certificate import CALIBRATION, Certificate
from autograder.calibration.thresholds import separation_in_words
from autograder.cli._class_run import CANNOT_GRADE
from autograder.cli._common import console, course_option, find_course, jobs_option, usage_errors
from autograder.cli._counted import counted, seconds_of
from autograder.cli.grade import choose_tier, tier_option
from autograder.homework import SolvedHomework
from autograder.result import SubmissionResult, time_now


@click.command()
@click.argument("name", metavar="HOMEWORK")
@click.option("--seeds", type=click.IntRange(2), default=60, show_default=True, help="Runs of the reference.")
@click.option(
    "--keep-runs",
    is_flag=True,
    help="Measure nothing: apply the slack and the runs that the checks declare now.",
)
@click.option(
    "--cost",
    is_flag=True,
    help="Measure only what the reference costs, from which the limits of submissions follow.",
)
@jobs_option
@tier_option
@course_option
def calibrate(
    name: str, seeds: int, keep_runs: bool, cost: bool, jobs: int, wanted: str | None, course_folder: Path
) -> None:
    """Run the reference of HOMEWORK on fresh seeds, and write calibration.json beside it.

    A calibration that was stopped continues when it is started again. Grading refuses thresholds that were
    calibrated with other data, library versions, threads or parameters. If only the slack or the number of
    runs of a check has changed, --keep-runs writes the new thresholds from the existing runs. At the end the
    reference is graded a few times, to measure what it costs; --cost does only that.
    """
    course = find_course(course_folder)
    show = console()
    if keep_runs and cost:
        raise click.UsageError("--keep-runs runs nothing, so it cannot be used with --cost.")
    with usage_errors(*CANNOT_GRADE):
        homework = course.homework(name)
        if keep_runs:
            certificate = keep_the_runs(homework)
        else:
            tier = choose_tier(wanted)
            if not cost:
                _measure(Calibration(course, homework, seeds=seeds, tier=tier, jobs=jobs))
            certificate = measure_cost(course, homework, tier)
    for line in _lines(certificate, homework):
        show.print(line, markup=False, soft_wrap=True)


def _measure(work: Calibration) -> None:
    """Run a calibration, and show its progress."""
    show = console()
    runs = dict.fromkeys((run.name for run in work.runs()), 1.0)
    planned, done, since = len(runs), 0, time_now()
    with counted(show, f"Calibrating {work.homework.name}", runs) as advance:

        def on_result(result: SubmissionResult) -> None:
            nonlocal done
            done += 1
            advance(result.student, seconds_of(result, since))

        try:
            work.run(on_result)
        except KeyboardInterrupt:
            show.print(f"{done} of {planned} runs are stored. Start again to continue from there.")
            raise


def _lines(certificate: Certificate, homework: SolvedHomework) -> list[str]:
    """Return lines that say what was measured, and which thresholds follow."""
    lines = []
    for name, check in certificate.checks.items():
        worst, best = check.direction.worst(check.values), check.direction.best(check.values)
        gap = check.separation
        lines.append(
            f"{name}: {check.metric} {worst:.4g} (worst) to {best:.4g} in {len(check.trials)} runs; "
            f"threshold {check.threshold:.4g} (slack {check.rule.slack:g}), up to {check.rule.runs} runs; "
            + (
                f"wrong solutions stay {separation_in_words(gap)}"
                if gap is not None
                else "no wrong solutions"
            )
        )
    if certificate.cost is not None:
        lines.append(
            f"The reference needs {certificate.cost.submission:.0f} processor seconds here: its longest "
            f"training {certificate.cost.training:.1f}, its longest other job {certificate.cost.call:.1f}."
        )
    lines.append(f"{homework.name}: {certificate.claim}.")
    if certificate.too_few_seeds:
        lines.append(f"Not enough for a release: {certificate.too_few_seeds}.")
    lines.append(f"Written: {homework.solution / CALIBRATION}")
    return lines
