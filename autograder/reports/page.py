"""The report about the class for staff, as one web page without scripts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote

from autograder._files import file_name, write_atomically
from autograder.homework import Homework
from autograder.reports._template import environment, in_utc
from autograder.reports.summary import by_student, class_figures, what_happened
from autograder.result import Artifact, Measurement, SubmissionResult, SubmissionStatus
from autograder.untrusted import look_alikes, plain


def write_page(results: Sequence[SubmissionResult], homework: Homework, out: Path, when: datetime) -> None:
    """Write ``report.html``: submissions that need staff, statistics of class and checks, and every verdict.

    The page also lists students whose names look alike; this changes no verdict.

    The page is for staff: it shows hidden checks, and details that students do not get. It loads only the
    checks' pictures from the folder ``pictures`` beside it, and loads them only when the reader opens a
    student's section. Its content security policy forbids scripts and loading anything else.

    Args:
        results: one result for each student, in any order.
        homework: the graded homework.
        out: the folder for results; an existing page there is replaced atomically.
        when: the time of the report, with its time zone.

    Raises:
        ValueError: ``when`` has no time zone.
        OSError: the file cannot be written.
    """
    students = [(f"student-{number}", result) for number, result in enumerate(by_student(results), start=1)]
    anchors = {result.student: anchor for anchor, result in students}
    page = (
        environment(**_FILTERS)
        .get_template("report.html.j2")
        .render(
            homework=homework,
            when=in_utc(when),
            isolation=_isolation(results),
            calibration=sorted({result.calibration for result in results if result.calibration}),
            figures=class_figures(results, homework.max_score),
            students=students,
            alike=[[(anchors[name], name) for name in group] for group in look_alikes(anchors)],
            waiting=[entry for entry in students if entry[1].status is SubmissionStatus.NEEDS_STAFF],
        )
    )
    write_atomically(out / "report.html", page.encode())


def _measured(measurement: Measurement) -> str:
    """Return the values that a stochastic check measured, run by run, with the seeds."""
    runs = ", ".join(
        f"{'no number' if trial.value is None else f'{trial.value:.4g}'} (seed {trial.seed})"
        for trial in measurement.trials
    )
    wanted = (
        ""
        if measurement.threshold is None
        else f", {measurement.direction.words} {measurement.threshold:.4g}"
    )
    return f"{measurement.what}{wanted}: {runs}; {len(measurement.trials)} of up to {measurement.runs} runs"


def _picture_of(artifact: Artifact, result: SubmissionResult) -> str:
    """Return the relative URL of a picture."""
    return f"pictures/{quote(file_name(result.student), safe='')}/{quote(artifact.name, safe='')}"


def _feedback_of(result: SubmissionResult) -> str:
    """Return the relative URL of a student's feedback page."""
    return f"feedback/{quote(file_name(result.student), safe='')}.html"


_FILTERS: Final[dict[str, Callable[..., str]]] = {
    "feedback_of": _feedback_of,
    "measured": _measured,
    "metric": lambda value: f"{value:.4g}",
    "picture_of": _picture_of,
    "what_happened": what_happened,
}


def _isolation(results: Sequence[SubmissionResult]) -> str:
    """Return the isolation tier; if results have several, each with its count."""
    tiers = Counter(plain(result.isolation, 60) or "not recorded" for result in results)
    if len(tiers) <= 1:
        return next(iter(tiers), "nothing was run")
    return ", ".join(f"{tier} ({count})" for tier, count in tiers.most_common())
