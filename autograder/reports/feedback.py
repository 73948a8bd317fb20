"""What one student reads about their submission, as one web page that they can be sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from autograder._files import file_name, write_atomically
from autograder.homework import Homework
from autograder.pictures.store import read_pictures
from autograder.reports._template import environment, in_utc
from autograder.reports.shown import shown_pictures
from autograder.result import CheckStatus, Measurement, SubmissionResult, Trial

FEEDBACK: Final = "feedback"
"""The folder of the pages, in the folder for results."""
PICTURES: Final = "pictures"
"""The folder with a folder of pictures for each student, likewise."""


def write_feedback(
    results: Sequence[SubmissionResult], homework: Homework, out: Path, when: datetime
) -> None:
    """Write each student's page: score, verdicts, messages, hints, what was measured, and the pictures.

    It leaves out what is for staff only: details, seeds, digests, isolation, and what went wrong on our side.
    It is one file: pictures are in it, nothing is loaded, nothing runs, and its content policy forbids both.

    Args:
        results: one result a student.
        homework: what was graded.
        out: the folder for results, with the folders `FEEDBACK` and `PICTURES`; a page there is replaced in
            one step.
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
    """Return one student's page.

    Args:
        result: the student's.
        homework: what was graded.
        pictures: the PNG files that the result names, as far as they are still there.
        when: the time of the page, with its time zone.

    Raises:
        ValueError: ``when`` has no time zone.
    """
    return (
        environment(figure=_figure, tone_of=_tone_of, wanted=_wanted)
        .get_template("feedback.html.j2")
        .render(
            result=result,
            homework=homework,
            when=in_utc(when),
            pictures={check.id: shown_pictures([check], pictures) for check in result.checks},
            passed=sum(check.status is CheckStatus.PASSED for check in result.checks),
        )
    )


def _figure(value: float | None) -> str:
    return "no number" if value is None else f"{value:.4g}"


def _wanted(measurement: Measurement) -> str:
    """Say what a run had to reach; empty while nothing is judged."""
    if measurement.threshold is None:
        return ""
    return f"{measurement.direction.words} {measurement.threshold:.4g}"


def _tone_of(trial: Trial, measurement: Measurement) -> str:
    """Return the tone of a run: whether it reached the threshold."""
    if measurement.threshold is None:
        return "idle"
    return "good" if measurement.direction.reaches(trial.value, measurement.threshold) else "bad"
