"""What must not be released, and which of its lines would give it away."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from autograder.authoring._views import squeeze
from autograder.authoring.stubs import StubError, cut_stub, solution_regions
from autograder.homework import HIDDEN_CHECKS, PUBLIC_CHECKS, Homework

MIN_LENGTH: Final = 12
MIN_CODE_ITEMS: Final = 4
MIN_COMMENT_WORDS: Final = 5
PASSAGE: Final = 3

_TOKEN: Final = re.compile(
    r"""(?P<comment>\#.*)
    | (?P<string>[rbfu]{0,2}(?P<quote>\"{3}|'{3}|["']).*?(?P=quote))
    | (?P<number>\d[\w.]*)
    | (?P<name>[^\W\d]\w*(?:\s*\.\s*[^\W\d]\w*)*)
    | (?P<operator>\*\*|//|<<|>>|[<>=!]=|:=|[-+*/%@&|^~<>])
    """,
    re.VERBOSE | re.IGNORECASE,
)
_IMPORT: Final = re.compile(r"\s*(import|from)\s")
_COMMON_NAMES: Final = frozenset(keyword.kwlist) | frozenset(dir(builtins)) | {"self", "cls"}

type_of_line = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Secret:
    """A text that must not be released.

    Attributes:
        squeezed: what to look for, see `autograder.authoring._views.squeeze`.
        text: the same as its author wrote it.
        origin: where it stands, for people.
    """

    squeezed: str
    text: str
    origin: str


def is_significant(line: str) -> bool:
    """Return whether ``line``, a line of Python, says something that only its author would say.

    The rule is stated in `autograder.authoring.leaks`.
    """
    code, comment = _split(line)
    return _significant_code(code) or _significant_comment(comment)


def _significant_code(code: str) -> bool:
    if _IMPORT.match(code) or len(squeeze(code)) < MIN_LENGTH:
        return False
    items = {squeeze(token[0]) for token in _TOKEN.finditer(code)}
    return len(items - _COMMON_NAMES) >= MIN_CODE_ITEMS


def _significant_comment(comment: str) -> bool:
    return len(squeeze(comment)) >= MIN_LENGTH and len(set(re.findall(r"\w+", comment))) >= MIN_COMMENT_WORDS


def _split(line: str) -> tuple[str, str]:
    """Return a line's code and its comment, without the number sign."""
    for token in _TOKEN.finditer(line):
        if token.lastgroup == "comment":
            return line[: token.start()], token[0].lstrip("#! ")
    return line, ""
