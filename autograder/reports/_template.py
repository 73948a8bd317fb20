"""What the pages share: the look, and that no text on them can do anything but be read."""

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


def environment(**filters: Callable[..., Any]) -> Environment:
    """Return the templates' environment.

    Args:
        **filters: those of one page, beside those of all.
    """
    made = Environment(
        loader=PackageLoader("autograder", "reports"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= _FILTERS | filters
    return made


def in_utc(when: datetime) -> datetime:
    """Return a time as pages tell it.

    Raises:
        ValueError: it has no time zone.
    """
    if when.tzinfo is None:
        raise ValueError(f"Expected a time with a time zone. Received: {when.isoformat()}")
    return when.astimezone(UTC)


def _finalize(value: Any) -> Any:
    """Clean every string on its way out, so that no place in the template can forget to."""
    # A subclass is markup that a macro made, or a status: both are ours.
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
