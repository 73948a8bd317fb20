"""The code of a module without what people write for people: comments, docstrings and blank lines."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from typing import Final

_NO_CODE: Final = frozenset(
    {
        *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT),
        *(tokenize.ENCODING, tokenize.ENDMARKER),
    }
)


def code_in(text: str) -> str:
    """Return the lines of a module that hold code, each without a comment at its end.

    The result is the same in all versions of Python, unlike a printed syntax tree.

    Args:
        text: the text of a module.

    Raises:
        SyntaxError: it is not Python.
    """
    lines = text.splitlines()
    kept, comments = set[int](), dict[int, int]()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            comments[token.start[0]] = token.start[1]
        if token.type not in _NO_CODE:
            kept.update(range(token.start[0], token.end[0] + 1))
    kept -= set(_lines_of_docstrings(ast.parse(text)))
    return "\n".join(lines[number - 1][: comments.get(number)].rstrip() for number in sorted(kept))


def _lines_of_docstrings(tree: ast.Module) -> Iterator[int]:
    """Yield the number of each line of a docstring."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield from range(node.lineno, (node.end_lineno or node.lineno) + 1)
