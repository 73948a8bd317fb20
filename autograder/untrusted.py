"""Cleaning of untrusted text: names and messages from students or their programs.

Such text can control a terminal, change the reading direction, or hold hidden characters. There are two
rules:

- `plain` removes hidden characters from *prose* (messages, logs, captions);
- `spelled_out` replaces each hidden character of a *name* (of a student, of a file) by its code, such as
  ``<U+200B>``. So two different names never look the same because of a hidden character.

`student_name` gives the name under which a student has a result. `look_alikes` finds students whose names are
easily confused. Each function takes time linear in its input.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable
from typing import Final

LONGEST_NAME: Final = 3_000
"""In characters: a file name has at most 255 bytes, and each may be spelled out in 8 characters."""

IGNORABLE: Final = (
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""Unicode's Default_Ignorable_Code_Point (DerivedCoreProperties.txt, 16.0), for a class of characters."""

# Emoji and several scripts need these characters, and in prose they are harmless.
_SHAPING: Final = r"\u034f\u115f\u1160\u180b-\u180d\u180f\u200c\u200d\ufe00-\ufe0f\U000e0100-\U000e01ef"

# In this order: strings that end with a terminator (titles, links, device control), sequences that end with
# a letter (colours, cursor), and short sequences. An unterminated sequence must not remove the rest of the
# text. A string ends before the next one begins, so each character is read once.
_ESCAPE: Final = re.compile(
    r"(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x90\x98\x9c-\x9f\n]*+(?:\x07|\x1b\\|\x9c)"
    r"|(?:\x1b\[|\x9b)[0-?]*+[ -/]*+[@-~]"
    r"|\x1b[ -/]*+[0-~]?"
)
_LINE_END: Final = re.compile(r"\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_INVISIBLE: Final = re.compile(
    rf"[\x00-\x08\x0e-\x1f\x7f-\x9f\ufff9-\ufffb]|(?![{_SHAPING}])[{IGNORABLE}]"  # white controls stay
)
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")
_WHITE: Final = re.compile(r"\s+")

_CLOSE: Final = 0.4
"""From which similarity on a name may have been meant, see `difflib.get_close_matches`."""

_BLANK: Final = re.compile(rf"[{IGNORABLE}\u2800]")
"""Invisible characters that Python calls printable; U+2800 is a Braille cell without dots."""
_WIDE_SPACE: Final = "\u3000"
"""Separates family name and given name in East Asia; it is visible, because it is as wide as a letter."""
_SPELLED: Final = re.compile(r"<U\+((?:10|[0-9A-F])?[0-9A-F]{4})>")
_HIDDEN_SPACE: Final = re.compile(
    rf"^[ {_WIDE_SPACE}]|(?<=[ {_WIDE_SPACE}])[ {_WIDE_SPACE}]|[ {_WIDE_SPACE}]\Z"
)
_LATIN_LOOK_ALIKES: Final = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u03bf\u0131", "aeopcyxijsoi"
)
"""Small letters of Cyrillic and Greek, and the dotless i, that look like Latin ones."""


def plain(text: str, limit: int, *, lines: bool = False) -> str:
    """Return prose without characters that control a terminal or a page, or that readers cannot see.

    Terminal escapes, control characters, characters without width and those that change the reading direction
    are removed. Characters that UTF-8 cannot encode become a replacement character. Characters that emoji and
    scripts need stay.

    Args:
        text: any text.
        limit: the largest number of characters to return, at least 1; a longer text ends in ``…``.
        lines: keep line breaks and indentation; otherwise the result is a single line.

    Returns:
        The text to show. It still has to be escaped for HTML, and for CSV.
    """
    if len(text) <= limit and text.isascii() and text.isprintable():  # most texts: nothing to remove
        return text if lines else " ".join(text.split())
    # Cut first, so that a very long text does not take long.
    head = text[: 16 * limit + 1000]
    shown = _INVISIBLE.sub("", _LINE_END.sub("\n", _ESCAPE.sub("", head)))
    shown = _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", shown)
    shown = shown.expandtabs(4).strip("\n") if lines else _WHITE.sub(" ", shown).strip()
    if len(shown) <= limit and len(head) == len(text):
        return shown
    return shown[: limit - 1].rstrip() + "…"


def spelled_out(name: str, limit: int = 60, *, ascii_only: bool = False) -> str:
    """Return a name with every hidden character spelled out, as in ``ada<U+200B>``.

    Hidden are control and format characters, characters that Unicode calls default ignorable, private and
    unassigned characters, and white space except the ordinary space and the wide space of East Asia (U+3000).
    A name that is already spelled out does not change.

    Args:
        name: of a student or of a file.
        limit: the largest number of characters of the name to show; the result has at most twice as many.
        ascii_only: spell out all characters that are not ASCII, to distinguish names that look the same.
    """
    short = name[:limit]
    if short.isascii() and short.isprintable():
        return short
    return "".join(
        _spelled(char) if _is_hidden(char) or (ascii_only and not char.isascii()) else char for char in short
    )[: 2 * limit]


def student_name(name: str) -> str:
    """Return the name under which a student has a result, from the name of the student's folder or archive.

    An ordinary name stays as it is. Hidden characters are spelled out, and so are spaces at an end or after
    another space. Different names stay different: if a student typed ``<U+200B>``, its ``<`` is spelled out.

    Canonically equivalent names (NFC and NFD of Unicode) are one name: systems replace one form by the other
    when they copy a file, so both belong to the same student. Names that are only compatible (NFKC, such as
    letters in full width) stay different. No system replaces these, and a student who chose such a name would
    share another student's row. `look_alikes` finds them.

    Args:
        name: of a folder, or of an archive without its ending.
    """
    whole = unicodedata.normalize("NFC", name[:LONGEST_NAME])
    literal = _SPELLED.sub(lambda match: _spelled("<") + match[0][1:], whole)
    spaced = _HIDDEN_SPACE.sub(lambda match: _spelled(match[0]), literal)
    return spelled_out(spaced, LONGEST_NAME)


def close_names(name: str, known: Iterable[str]) -> list[str]:
    """Return the known names that somebody who typed a name may have meant, whatever the case of letters.

    Args:
        name: what was typed.
        known: the names that there are.

    Returns:
        The names of at most three spellings, the closest first.
    """
    spellings: dict[str, list[str]] = {}
    for one in known:
        spellings.setdefault(one.casefold(), []).append(one)
    close = difflib.get_close_matches(name.casefold(), spellings, 3, _CLOSE)
    return [one for spelling in close for one in spellings[spelling]]


def look_alikes(students: Iterable[str]) -> list[tuple[str, ...]]:
    """Return the groups of students whose names are easily confused.

    Names look alike if they differ only in case, hidden characters, spaces, dots at the end, the width or
    style of letters, or in Cyrillic and Greek letters in place of Latin ones.

    Args:
        students: names as `student_name` gives them.

    Returns:
        Groups of two or more names, in the order of ``students``.
    """
    groups: dict[str, dict[str, None]] = {}
    for student in students:
        groups.setdefault(_look_key(student), {})[student] = None
    return [tuple(names) for names in groups.values() if len(names) > 1]


def _look_key(student: str) -> str:
    """Return a key that is equal for names that look alike."""
    handed_in = _SPELLED.sub(lambda match: chr(int(match[1], 16)), student[:LONGEST_NAME])
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", handed_in).casefold())
    seen = "".join(
        " " if char.isspace() else char for char in folded if char.isspace() or not _is_hidden(char)
    )
    return " ".join(seen.translate(_LATIN_LOOK_ALIKES).split()).rstrip(" .")


def _is_hidden(char: str) -> bool:
    """Return whether a character is invisible, or looks like a space and is none."""
    return not (char.isprintable() or char == _WIDE_SPACE) or _BLANK.match(char) is not None


def _spelled(char: str) -> str:
    """Return the code of a character, such as ``<U+200B>``."""
    return f"<U+{ord(char):04X}>"
