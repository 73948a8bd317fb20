"""Cut a student's stub from the reference: both have one source, so they always agree.

A reference is a working module. The lines that a student has to write are between two marker lines::

    def double(x):
        ### BEGIN SOLUTION
        return 2 * x
        ### END SOLUTION

In the stub each such region is one ``raise NotImplementedError``; everything else is equal, byte for byte.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NoReturn

from autograder.homework import HomeworkError

_LINE: Final = re.compile(r"[^\n]*\n|[^\n]+")
_MARKER: Final = re.compile(r"([ \t]*)### (BEGIN|END) SOLUTION[ \t]*\r?\n?")
# A line that may be meant as a marker: to ignore a misspelt marker would release the solution.
_NEARLY_MARKER: Final = re.compile(r"#.*\b(begin|end)[\s_-]*solution", re.IGNORECASE)


class StubError(HomeworkError):
    """No stub can be cut from a reference; the message names the file, the line, and what to do."""


@dataclass(frozen=True, slots=True)
class _Region:
    """One solution region; line numbers count from 1 and are those of its two markers."""

    begin: int
    end: int
    indentation: str


def cut_stub(source: str, name: str) -> str:
    """Return ``source`` with each solution region replaced by one ``raise NotImplementedError``.

    Args:
        source: the reference module's text; its line ends are kept.
        name: the file's name, for messages.

    Returns:
        The stub's text. Outside the regions it equals ``source``.

    Raises:
        StubError: there is no region, or one that is nested, empty, outside a function, or without one of its
            markers; its markers are indented differently, or it contains a part of a statement; the
            reference or the stub is not valid Python.
    """
    lines = _LINE.findall(source)
    regions = list(_regions(lines, name))
    if not regions:
        _fail(name, 1, "no solution region", "Put ### BEGIN SOLUTION and ### END SOLUTION around one.")
    _check_statements(_parse(source, name, "The reference"), regions, name)
    stub, raised = _replace(lines, regions)
    _check_stub(_parse(stub, name, "The stub cut from it"), raised, name)
    return stub


def solution_lines(source: str, name: str = "<reference>") -> list[tuple[int, str]]:
    """Return the lines of all solution regions, markers excluded.

    Args:
        source: the reference module's text.
        name: the file's name, for messages.

    Returns:
        Pairs of line number (from 1) and the line without its line end.

    Raises:
        StubError: the markers do not pair up.
    """
    return [line for region in solution_regions(source, name) for line in region]


def solution_regions(source: str, name: str = "<reference>") -> list[list[tuple[int, str]]]:
    """Return the same lines as `solution_lines`, with the same errors, as one list per region."""
    lines = _LINE.findall(source)
    return [
        [(number, lines[number - 1].rstrip("\r\n")) for number in range(region.begin + 1, region.end)]
        for region in _regions(lines, name)
    ]


def _regions(lines: list[str], name: str) -> Iterator[_Region]:
    """Yield the regions between pairs of markers."""
    opened: _Region | None = None
    for number, line in enumerate(lines, start=1):
        marker = _MARKER.fullmatch(line)
        if marker is None:
            if _NEARLY_MARKER.search(line):
                _fail(name, number, f"a malformed marker: {line.strip()!r}", "Write it alone on its line.")
        elif marker[2] == "BEGIN":
            if opened:
                _fail(
                    name, number, f"a region inside that of line {opened.begin}", "End the outer one first."
                )
            opened = _Region(number, 0, marker[1])
        else:
            yield _close(opened, number, marker[1], name)
            opened = None
    if opened:
        _fail(name, opened.begin, "a region without an end", "Put ### END SOLUTION after its last line.")


def _close(opened: _Region | None, number: int, indentation: str, name: str) -> _Region:
    """Return the region that ends at line ``number``."""
    if opened is None:
        _fail(name, number, "### END SOLUTION without a beginning", "Put ### BEGIN SOLUTION before it.")
    if indentation != opened.indentation:
        problem = f"### END SOLUTION is indented differently from its beginning in line {opened.begin}"
        _fail(name, number, problem, "Indent both alike.")
    return _Region(opened.begin, number, indentation)


def _parse(source: str, name: str, what: str) -> ast.Module:
    """Return the syntax tree of ``source``, after Python has compiled it."""
    if "\r" in source.replace("\r\n", ""):
        _fail(name, 1, "lone carriage returns as line ends", "Save the file with Unix line ends.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # warnings are for the linter
            # This finds more errors than parsing does, such as a nonlocal without its variable.
            compile(source, name, "exec", dont_inherit=True)
            return ast.parse(source, name)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        problem = getattr(error, "msg", None) or str(error)
        _fail(name, line, f"{what} is not valid Python: {problem}", "Let a region hold whole statements.")


def _check_statements(tree: ast.Module, regions: list[_Region], name: str) -> None:
    """Refuse a region without a statement, and one that extends beyond the block in which it begins."""
    statements = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
    for region in regions:
        inside = [node for node in statements if region.begin < node.lineno < region.end]
        if not inside:
            _fail(name, region.begin, "an empty region", "Put the solution into it, or remove it.")
        for node in inside:
            if node.col_offset < len(region.indentation) or (node.end_lineno or 0) > region.end:
                problem = f"the region of line {region.begin} extends beyond the block in which it begins"
                _fail(name, node.lineno, problem, "Give each block a region of its own.")


def _replace(lines: list[str], regions: list[_Region]) -> tuple[str, list[tuple[int, _Region]]]:
    """Return the stub, and for each region the line number of its ``raise`` in the stub."""
    parts: list[str] = []
    raised = []
    done = 0
    for region in regions:
        begin = lines[region.begin - 1]
        parts += lines[done : region.begin - 1]
        parts.append(f"{region.indentation}raise NotImplementedError{_line_end(begin)}")
        raised.append((len(parts), region))
        done = region.end
    return "".join(parts + lines[done:]), raised


def _line_end(line: str) -> str:
    return "\r\n" if line.endswith("\r\n") else "\n"


def _check_stub(tree: ast.Module, raised: list[tuple[int, _Region]], name: str) -> None:
    """Refuse a region outside a function: its ``raise`` would run when the stub is imported."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    allowed = {
        node.lineno for function in functions for node in ast.walk(function) if isinstance(node, ast.Raise)
    }
    for line, region in raised:
        if line not in allowed:
            problem = "a region outside a function, so the stub could not even be imported"
            _fail(name, region.begin, problem, "Move it into a function's body.")


def _fail(name: str, line: int, problem: str, remedy: str) -> NoReturn:
    raise StubError(f"{name}, line {line}: {problem}. {remedy}")
