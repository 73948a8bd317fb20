"""The class as one web page for staff; it needs nothing but a browser."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from autograder._files import write_atomically
from autograder.homework import Homework
from autograder.reports.summary import by_student, class_figures, label, points, what_happened
from autograder.reports.text import plain
from autograder.result import CheckStatus, Measurement, SubmissionResult, SubmissionStatus

_LONGEST: Final = 20_000

# Tones carry the colours; the symbol and the words beside them say the same without colour.
_TONES: Final = {
    CheckStatus.PASSED: "good",
    CheckStatus.PARTIAL: "part",
    CheckStatus.NOT_ATTEMPTED: "idle",
    CheckStatus.SKIPPED: "idle",
    CheckStatus.GRADER_ERROR: "staff",
    SubmissionStatus.GRADED: "done",
    SubmissionStatus.NEEDS_STAFF: "staff",
}
_SYMBOLS: Final = {"good": "✓", "done": "✓", "part": "◐", "bad": "✗", "idle": "○", "staff": "⚑"}


def write_page(
    results: Sequence[SubmissionResult], homework: Homework, path: Path, *, when: datetime
) -> None:
    """Write ``report.html``: who needs a human, how the class did, which check is hard, and every verdict.

    The page is for staff: it shows hidden checks and details that students do not get. It loads nothing and
    runs nothing, and its content policy forbids both.

    Args:
        results: one result a student, in any order.
        homework: what was graded.
        path: the file to write; it is replaced in one step.
        when: the time of the report, with its time zone.

    Raises:
        ValueError: ``when`` has no time zone.
        OSError: the file cannot be written.
    """
    if when.tzinfo is None:
        raise ValueError(f"Expected a time with a time zone. Received: {when.isoformat()}")
    students = [(f"student-{number}", result) for number, result in enumerate(by_student(results), start=1)]
    page = (
        _environment()
        .get_template("report.html.j2")
        .render(
            homework=homework,
            when=when.astimezone(UTC),
            isolation=_isolation(results),
            calibration=sorted({result.calibration for result in results if result.calibration}),
            figures=class_figures(results, homework.max_score),
            students=students,
            waiting=[entry for entry in students if entry[1].status is SubmissionStatus.NEEDS_STAFF],
        )
    )
    write_atomically(path, page.encode())


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("autograder", "reports"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= _FILTERS
    return environment


def _finalize(value: Any) -> Any:
    """Clean every string on its way out, so that no place in the template can forget to."""
    # A subclass is markup that a macro made, or a status: both are ours.
    return plain(value, _LONGEST, lines=True) if type(value) is str else value


def _tone(status: CheckStatus | SubmissionStatus) -> str:
    return _TONES.get(status, "bad")


def _measured(measurement: Measurement) -> str:
    """Say what a stochastic check measured, run by run, with the seeds."""
    runs = ", ".join(
        f"{'no number' if trial.value is None else f'{trial.value:.4g}'} (seed {trial.seed})"
        for trial in measurement.trials
    )
    wanted = (
        ""
        if measurement.threshold is None
        else f", {measurement.direction.replace('_', ' ')} {measurement.threshold:.4g}"
    )
    return f"{measurement.what}{wanted}: {runs}; {len(measurement.trials)} of up to {measurement.runs} runs"


_FILTERS: Final[dict[str, Callable[..., str]]] = {
    "label": label,
    "line": lambda text: plain(text, 300),
    "text": lambda text: plain(text, _LONGEST, lines=True),
    "measured": _measured,
    "metric": lambda value: f"{value:.4g}",
    "percent": lambda share: f"{100 * share:.0f} %",
    "points": points,
    "symbol": lambda status: _SYMBOLS[_tone(status)],
    "tone": _tone,
    "what_happened": what_happened,
}


def _isolation(results: Sequence[SubmissionResult]) -> str:
    """Return the isolation tier, and how often each where there are several."""
    tiers = Counter(plain(result.isolation, 60) or "not recorded" for result in results)
    if len(tiers) <= 1:
        return next(iter(tiers), "nothing was run")
    return ", ".join(f"{tier} ({count})" for tier, count in tiers.most_common())
