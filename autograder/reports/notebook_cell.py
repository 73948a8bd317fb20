"""The results of some checks as the output of a notebook cell."""

from __future__ import annotations

from collections.abc import Sequence

from autograder.reports._template import environment
from autograder.reports.shown import Shown
from autograder.reports.summary import points
from autograder.result import CheckResult
from autograder.untrusted import plain

_LONGEST = 2_000


def cell_html(
    checks: Sequence[CheckResult],
    refusal: str | None = None,
    *,
    pictures: Sequence[Shown] = (),
    summary: str = "",
) -> str:
    """Return verdicts, messages and hints as HTML.

    nbgrader's pages allow some elements and classes but no styles; Jupyter allows both. So the HTML has
    classes of Bootstrap, which nbgrader's pages load, and styles with the same colours for Jupyter.

    Args:
        checks: the results to show.
        refusal: the reason why nothing was run; None if the checks ran.
        pictures: the pictures to show below the results.
        summary: a sentence below the results.
    """
    template = environment(text=_text).get_template("notebook_cell.html.j2")
    return template.render(checks=checks, refusal=refusal, pictures=pictures, summary=summary)


def cell_text(checks: Sequence[CheckResult], refusal: str | None = None) -> str:
    """Return verdicts, messages and hints as plain text, for programs that do not show HTML.

    Args:
        checks: the results to show.
        refusal: the reason why nothing was run; None if the checks ran.
    """
    if refusal is not None:
        return f"Not run: {_text(refusal)}"
    lines = []
    for check in checks:
        score = f"{points(check.score)}/{points(check.max_score)}"
        lines.append(f"{check.status.words} ({score}): {_text(check.title)}")
        lines += [f"  {_text(check.message)}"] if check.message else []
        lines += [f"  Hint: {_text(check.hint)}"] if check.hint else []
    return "\n".join(lines)


def _text(text: str) -> str:
    return plain(text, _LONGEST, lines=True)
