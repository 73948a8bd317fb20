"""The template environment of all pages: the filters that they share, and the escaping of all text."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from autograder.reports.names import shown_name
from autograder.reports.summary import points
from autograder.result import CheckStatus, SubmissionStatus
from autograder.untrusted import plain

_LONGEST: Final = 20_000

# A tone is a CSS class with a colour. The symbol and the text of a status say the same without colour.
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


def environment(**filters: Callable[..., Any]) -> Environment:
    """Return the environment that renders the templates.

    Args:
        **filters: the filters of one page, in addition to the shared ones.
    """
    made = Environment(
        loader=PackageLoader("autograder", "reports"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= _FILTERS | filters
    return made


def in_utc(when: datetime) -> datetime:
    """Return a time in UTC, as the pages show it.

    Raises:
        ValueError: ``when`` has no time zone.
    """
    if when.tzinfo is None:
        raise ValueError(f"Expected a time with a time zone. Received: {when.isoformat()}")
    return when.astimezone(UTC)


def _finalize(value: Any) -> Any:
    """Sanitize every string that a template outputs, so that no template can forget a filter."""
    # A subclass of str is markup from a macro, or a status: no student wrote it.
    return plain(value, _LONGEST, lines=True) if type(value) is str else value


def _tone(status: CheckStatus | SubmissionStatus) -> str:
    return _TONES.get(status, "bad")


_FILTERS: Final[dict[str, Callable[..., str]]] = {
    "line": lambda text: plain(text, 300),
    "text": lambda text: plain(text, _LONGEST, lines=True),
    "name": shown_name,
    "percent": lambda share: f"{100 * share:.0f} %",
    "points": points,
    "symbol": lambda status: _SYMBOLS[_tone(status)],
    "tone": _tone,
}
