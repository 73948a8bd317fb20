"""Text that came from a student's program, made fit to be shown."""

from __future__ import annotations

import re
from typing import Final

# In this order: strings that end with a terminator (titles, links, device control), sequences that end with
# a letter (colours, cursor), and the short ones. An unterminated one must not eat the rest of the text.
_ESCAPE: Final = re.compile(
    r"(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|\x1b[ -/]*[0-~]?"
)
_LINE_END: Final = re.compile(r"\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_UNSEEN: Final = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x9f"  # controls, but for the white ones
    r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # turn the reading direction of what follows
    r"\u200b\u2060-\u2064\ufeff\U000e0000-\U000e007f]"  # take no room; joiners stay, names need them
)
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")
_WHITE: Final = re.compile(r"\s+")


def plain(text: str, limit: int, *, lines: bool = False) -> str:
    """Return ``text`` without anything that acts on a terminal, a page or the reader's eye.

    Terminal escapes, control characters, characters without width and those that change the reading direction
    go; what cannot be written as UTF-8 becomes a question mark.

    Args:
        text: anything.
        limit: the most characters to return, at least 1; a longer text ends in ``…``.
        lines: keep line breaks and indentation; otherwise the result is a single line.

    Returns:
        The text to show. It still has to be escaped for HTML, and for CSV.
    """
    # Cut first: the rest of a text that is a thousand times too long is not worth reading.
    head = text[: 16 * limit + 1000]
    shown = _UNSEEN.sub("", _LINE_END.sub("\n", _ESCAPE.sub("", head)))
    shown = _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", shown)
    shown = shown.expandtabs(4).strip("\n") if lines else _WHITE.sub(" ", shown).strip()
    if len(shown) <= limit and len(head) == len(text):
        return shown
    return shown[: limit - 1].rstrip() + "…"
