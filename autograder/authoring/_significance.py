"""Decide which lines of a module would reveal it; `autograder.authoring.leaks` states the rule."""

from __future__ import annotations

import ast
import builtins
import keyword
import re
import warnings
from typing import Final

from autograder.authoring._views import squeeze

MIN_LENGTH: Final = 12
MIN_CODE_ITEMS: Final = 4
MIN_COMMENT_WORDS: Final = 5

_TOKEN: Final = re.compile(
    r"""(?P<comment>\#.*)
    | (?P<string>[rbfu]{0,2}(?P<quote>\"{3}|'{3}|["']).*?(?P=quote))
    | (?P<number>\d[\w.]*)
    | (?P<name>[^\W\d]\w*(?:\s*\.\s*[^\W\d]\w*)*)
    | (?P<operator>\*\*|//|<<|>>|[<>=!]=|:=|[-+*/%@&|^~<>])
    """,
    re.VERBOSE | re.IGNORECASE,
)
_COMMON_NAMES: Final = frozenset(keyword.kwlist) | frozenset(dir(builtins)) | {"self", "cls"}

Lines = list[tuple[int, str]]  # pairs of line number, from 1, and line


def significant_code(code: str) -> bool:
    """Return whether ``code``, without its comment, is too specific to be a coincidence."""
    if len(squeeze(code)) < MIN_LENGTH:
        return False
    items = {squeeze(token[0]) for token in _TOKEN.finditer(code)}
    return len(items - _COMMON_NAMES) >= MIN_CODE_ITEMS


def significant_comment(comment: str) -> bool:
    """Return whether ``comment`` is a sentence rather than a label."""
    return len(squeeze(comment)) >= MIN_LENGTH and len(set(re.findall(r"\w+", comment))) >= MIN_COMMENT_WORDS


def split_line(line: str) -> tuple[str, str]:
    """Return a line's code and the words of its comment, each stripped and possibly empty."""
    for token in _TOKEN.finditer(line):
        if token.lastgroup == "comment":
            return line[: token.start()].strip(), token[0].strip("#!: \t")
    return line.strip(), ""


def numbered(source: str) -> Lines:
    """Return the lines of ``source`` as Python counts them."""
    return list(enumerate(re.split(r"\r\n|\r|\n", source), start=1))


def without_interface(source: str, lines: Lines) -> Lines:
    """Return ``lines`` without imports, headers of functions and classes, and docstrings.

    Those are the interface, not the solution. A source that is not valid Python keeps all its lines.

    Args:
        source: the whole module.
        lines: any of its lines.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return lines
    skipped = {number for node in ast.walk(tree) for number in _interface(node)}
    # A comment between a header and its first statement belongs to the statement.
    return [(number, line) for number, line in lines if number not in skipped or line.lstrip()[:1] == "#"]


def _interface(node: ast.AST) -> range:
    """Return the line numbers of an import, a header or a docstring of ``node`` itself."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return range(node.lineno, (node.end_lineno or node.lineno) + 1)
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        first = node.body[0]
        if ast.get_docstring(node) is not None:
            return range(node.lineno, (first.end_lineno or first.lineno) + 1)
        return range(node.lineno, first.lineno)
    if isinstance(node, ast.Module) and ast.get_docstring(node) is not None:
        return range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)
    return range(0)
