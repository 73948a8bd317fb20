"""The result of a self-test as a page for the documentation: matrix, thresholds, pictures of the runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from autograder._files import write_atomically
from autograder.authoring.selftest import Verdict, values_of
from autograder.authoring.specimens import Kind
from autograder.authoring.strip_plot import strip_plot
from autograder.calibration.certificate import CalibratedCheck
from autograder.calibration.thresholds import separation_in_words
from autograder.result import CheckStatus

_MARKS: Final[dict[str, str]] = {CheckStatus.PASSED: "✓", CheckStatus.SKIPPED: "·"}


def write_proof_page(verdict: Verdict, path: Path) -> None:
    """Write the page, and a picture (SVG) beside it for each stochastic check.

    Args:
        verdict: the result of the self-test.
        path: the Markdown file; pictures are named after it.

    Raises:
        OSError: a file cannot be written.
    """
    checks = verdict.certificate.checks if verdict.certificate else {}
    pictures = {name: f"{path.stem}-{name}.svg" for name in checks}
    for name, check in checks.items():
        picture = strip_plot(check, _groups(name, check, verdict))
        write_atomically(path.with_name(pictures[name]), picture.encode())
    page = (
        _environment()
        .get_template("proof.md.j2")
        .render(
            homework=verdict.homework,
            rows=verdict.rows,
            submissions=sum(len(row.results) for row in verdict.rows),
            wrong=sum(bool(row.problems) for row in verdict.rows),
            certificate=verdict.certificate,
            conditions=verdict.certificate and verdict.certificate.conditions,
            pictures=pictures,
            separations=verdict.separations,
            problems=verdict.problems,
        )
    )
    write_atomically(path, page.encode())


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("autograder", "authoring"),
        autoescape=False,  # noqa: S701 - Markdown, made from the course's own files
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["mark"] = lambda status: _MARKS.get(status, "✗")
    environment.filters["cell"] = _cell
    environment.filters["away"] = separation_in_words
    return environment


def _cell(text: str) -> str:
    """Return text escaped for a cell of a Markdown table, in which HTML would be rendered."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def _groups(name: str, check: CalibratedCheck, verdict: Verdict) -> dict[str, Sequence[float]]:
    """Return label → values to draw: of the calibration, and of correct and wrong solutions as graded."""
    groups: dict[str, Sequence[float]] = {"reference, calibration": check.values}
    for row in verdict.rows:
        shown = row.specimen.kind in (Kind.REFERENCE, Kind.WHEAT) or name in row.specimen.fails
        found = values_of([row]).get(name, [])
        if shown and found and row.specimen.kind is not Kind.STUB:
            groups[f"{row.specimen.name}, graded"] = found
    return groups
