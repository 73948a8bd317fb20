"""What one student reads about their submission, as one web page that they can be sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from autograder._files import write_atomically
from autograder.homework import Homework
from autograder.reports._template import environment, in_utc
from autograder.reports.shown import shown_pictures
from autograder.result import CheckStatus, Measurement, SubmissionResult, Trial


def write_feedback(
    result: SubmissionResult,
    homework: Homework,
    pictures: Mapping[str, bytes],
    path: Path,
    *,
    when: datetime,
) -> None:
    """Write a student's page: score, verdicts, messages, hints, what was measured, and the pictures.

    It leaves out what is for staff only: details, seeds, digests, isolation, and what went wrong on our side.
    It is one file: pictures are in it, nothing is loaded, nothing runs, and its content policy forbids both.

    Args:
        result: the student's.
        homework: what was graded.
        pictures: the PNG files that the result names, as far as they are still there.
        path: the file to write; it is replaced in one step.
        when: the time of the page, with its time zone.

    Raises:
        ValueError: ``when`` has no time zone.
        OSError: the file cannot be written.
    """
    page = (
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
    write_atomically(path, page.encode())


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
