"""The feedback of one student, as one self-contained web page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import Template

from autograder._files import file_name, write_atomically
from autograder.homework import Homework
from autograder.pictures.store import read_pictures
from autograder.reports._template import environment, in_utc
from autograder.reports.shown import shown_pictures
from autograder.result import CheckStatus, Measurement, SubmissionResult, Trial

FEEDBACK: Final = "feedback"
"""The name of the folder with the pages, in the folder for results."""
PICTURES: Final = "pictures"
"""The name of the folder with one folder of pictures for each student, in the folder for results."""


def write_feedback(
    results: Sequence[SubmissionResult], homework: Homework, out: Path, when: datetime
) -> None:
    """Write each student's page: score, verdicts, messages, hints, measured values, and pictures.

    The page leaves out everything that only staff may see: details, seeds, digests, isolation, and faults of
    the grader. It is one file that contains its pictures. Its content security policy forbids scripts and
    loading anything.

    Args:
        results: one result for each student.
        homework: the graded homework.
        out: the folder for results, with the folders `FEEDBACK` and `PICTURES`; an existing page is replaced
            atomically.
        when: the time of the pages, with its time zone.

    Raises:
        ValueError: ``when`` has no time zone.
        OSError: a file cannot be written.
    """
    for result in results:
        name = file_name(result.student)
        page = feedback_page(result, homework, read_pictures(out / PICTURES / name, result), when)
        write_atomically(out / FEEDBACK / f"{name}.html", page.encode())


def feedback_page(
    result: SubmissionResult, homework: Homework, pictures: Mapping[str, bytes], when: datetime
) -> str:
    """Return one student's page as HTML.

    Args:
        result: the student's result.
        homework: the graded homework.
        pictures: file name → PNG file, for the pictures that the result names; missing ones are left out.
        when: the time of the page, with its time zone.

    Raises:
        ValueError: ``when`` has no time zone.
    """
    return _template().render(
        result=result,
        homework=homework,
        when=in_utc(when),
        pictures={check.id: shown_pictures([check], pictures) for check in result.checks},
        passed=sum(check.status is CheckStatus.PASSED for check in result.checks),
    )


@cache
def _template() -> Template:
    """Return the page's template; to compile it takes longer than to render it."""
    return environment(figure=_figure, tone_of=_tone_of, wanted=_wanted).get_template("feedback.html.j2")


def _figure(value: float | None) -> str:
    return "no number" if value is None else f"{value:.4g}"


def _wanted(measurement: Measurement) -> str:
    """Return the threshold as text; empty during a calibration."""
    if measurement.threshold is None:
        return ""
    return f"{measurement.direction.words} {measurement.threshold:.4g}"


def _tone_of(trial: Trial, measurement: Measurement) -> str:
    """Return the tone of a run, which shows whether it reached the threshold."""
    if measurement.threshold is None:
        return "idle"
    return "good" if measurement.direction.reaches(trial.value, measurement.threshold) else "bad"
