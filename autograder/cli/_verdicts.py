"""The verdicts of checks as a table on the console."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.table import Table
from rich.text import Text

from autograder.result import CheckResult, CheckStatus
from autograder.untrusted import plain

_MARKS: Final[dict[str, tuple[str, str]]] = {
    CheckStatus.PASSED: ("✓", "green"),
    CheckStatus.NOT_ATTEMPTED: ("·", "dim"),
    CheckStatus.SKIPPED: ("·", "dim"),
}
_LONGEST: Final = 20_000


def mark_of(status: str, *, wrong: str = "red") -> tuple[str, str]:
    """Return the symbol of a check's status, and its colour.

    Args:
        status: the status, or another word for a check that did not pass.
        wrong: the colour of a check that did not pass.
    """
    return _MARKS.get(status, ("✗", wrong))


def verdict_table(results: Sequence[CheckResult]) -> Table:
    """Return the verdicts, each with its message and hint below the title.

    Args:
        results: the records of the checks, in the order of the rows.
    """
    table = Table(show_header=False, box=None, padding=(0, 1))
    for result in results:
        mark, colour = mark_of(result.status)
        text = Text(plain(result.title, _LONGEST))
        for line in filter(None, (result.message, f"Hint: {result.hint}" if result.hint else "")):
            shown = plain(line, _LONGEST, lines=True)  # a check may quote what a student's code returned
            text.append(f"\n{shown}", style="dim" if result.status is CheckStatus.SKIPPED else "")
        table.add_row(
            Text(mark, style=colour),
            Text(f"{result.score:g}/{result.max_score:g}"),
            Text(result.status.words, style=colour),
            text,
        )
    return table
