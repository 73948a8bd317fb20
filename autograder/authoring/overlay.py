"""Wrong solutions that show only their mistake: definitions that are laid over the reference.

A file that lacks a function which students write is laid over the reference. Each of its functions, classes
and constants takes the place of the reference's one of the same name. A definition that the reference does
not have stands before the one that follows it in the file. Its imports join the reference's. Everything else
of the reference stays as it is.

A file that defines all functions which students write is whole, and is handed in as it is. So is one with
``Whole file.`` on a line of its own in its docstring: it lacks a function on purpose, or does more than
define.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NoReturn

from autograder.authoring.stubs import solution_regions
from autograder.homework import HomeworkError

_WHOLE: Final = re.compile(r"^\s*Whole file\.\s*$", re.MULTILINE)
_GAP: Final = ["", ""]
_REMEDY: Final = "A file that cannot be laid over the reference says 'Whole file.' in its docstring."


@dataclass(frozen=True, slots=True)
class _Part:
    """One statement at the top of a module, without the docstring.

    Attributes:
        names: what it defines or imports; nothing if it does something else.
        imports: each name that it imports, as a statement of its own; nothing if it imports nothing.
        first: index of its first line. Comments directly above a statement belong to it.
        end: index of the line after its last one. Indented comments below a statement belong to it.
    """

    names: frozenset[str]
    imports: tuple[str, ...]
    first: int
    end: int


@dataclass(frozen=True, slots=True)
class _Module:
    """A module's text, cut into its statements.

    Attributes:
        name: the file, for messages.
        lines: the text.
        doc: the docstring; empty without one.
        doc_end: index of the line after the docstring; 0 without one.
        parts: the other statements.
    """

    name: str
    lines: list[str]
    doc: str
    doc_end: int
    parts: tuple[_Part, ...]

    @property
    def definitions(self) -> list[_Part]:
        """The statements that import nothing."""
        return [part for part in self.parts if not part.imports]

    def names(self) -> set[str]:
        """Return all names that are defined, without imported ones."""
        return {name for part in self.definitions for name in part.names}

    def text_of(self, part: _Part) -> list[str]:
        """Return the lines of a statement."""
        return self.lines[part.first : part.end]


def full_text(text: str, reference: str, name: str) -> str:
    """Return the text of a file as it is handed in.

    Args:
        text: what the author wrote: a whole file, or definitions to lay over the reference.
        reference: the reference's file.
        name: the author's file, for messages.

    Returns:
        ``text`` itself if it is whole. Otherwise the reference with the definitions in it, and with the
        docstring of ``text``, if that has one.

    Raises:
        HomeworkError: a file is not valid Python, or it is not clear what ``text`` replaces.
    """
    over, under = _module(text, name), _module(reference, f"{name}: the reference")
    if _WHOLE.search(over.doc) or over.names() >= _written_by_students(reference, under):
        return text
    _refuse_unclear(over, under)
    result = "\n".join(_laid_over(over, under))
    _parse(result, f"{name}, laid over the reference")
    return result


def _laid_over(over: _Module, under: _Module) -> list[str]:
    """Return the lines of ``under`` with the definitions of ``over`` in it."""
    lines = list(under.lines)
    for place, new in reversed(_replacements(over, under)):
        lines[place.first : place.end] = new
    present = {line for part in under.parts for line in part.imports}
    missing = [line for part in over.parts for line in part.imports if line not in present]
    end = _end_of_imports(under)
    lines[end:end] = missing if end > under.doc_end or not missing else ["", *missing]
    if over.doc:
        lines[: under.doc_end] = over.lines[: over.doc_end]
    return lines


def _replacements(over: _Module, under: _Module) -> list[tuple[_Part, list[str]]]:
    """Return each statement of ``under`` that is replaced and the lines that replace it, in order."""
    found: list[tuple[_Part, list[str]]] = []
    added: list[str] = []
    for part in over.definitions:
        place = next((one for one in under.definitions if one.names & part.names), None)
        if place is None:
            added += [*over.text_of(part), *_GAP]
        else:
            found.append((place, [*added, *over.text_of(part)]))
            added = []
    if added:  # behind the last one
        found[-1][1].extend([*_GAP, *added[: -len(_GAP)]])
    return sorted(found, key=lambda pair: pair[0].first)


def _end_of_imports(module: _Module) -> int:
    """Return the index of the line after the imports at the top of a module."""
    end = module.doc_end
    for part in module.parts:
        if not part.imports:
            break
        end = part.end
    return end


def _written_by_students(reference: str, module: _Module) -> set[str]:
    """Return the names of the reference's functions and classes that hold a solution region."""
    regions = [region[0][0] - 1 for region in solution_regions(reference, module.name) if region]
    parts = [part for part in module.parts if any(part.first <= line < part.end for line in regions)]
    return {name for part in parts for name in part.names}


def _refuse_unclear(over: _Module, under: _Module) -> None:
    """Refuse to lay a file over the reference where an author may have meant something else."""
    for part in over.parts:
        where = f"{over.name}, line {part.first + 1}"
        if not part.names:
            what = over.text_of(part)[0].strip()
            problem = f"expected functions, classes, constants and imports. Received: {what!r}"
            _fail(f"{where}: {problem}. {_REMEDY}")
        for place in under.parts:
            both = part.names & place.names
            if both and bool(part.imports) != bool(place.imports):
                _fail(f"{where}: {min(both)} is imported in one file and defined in the other.")
            if both and not part.imports and part.names != place.names:
                together = ", ".join(sorted(part.names | place.names))
                _fail(f"{where}: expected one statement for {together}, as in the other file.")
    for module in (over, under):
        counts = Counter(name for part in module.definitions for name in part.names)
        if double := [name for name, count in counts.items() if count > 1]:
            _fail(f"{module.name} defines {double[0]} more than once. {_REMEDY}")
    if not over.names() & under.names():
        known = ", ".join(sorted(under.names()))
        _fail(f"{over.name}: expected a definition of one of {known}, to replace it. {_REMEDY}")


def _module(text: str, name: str) -> _Module:
    """Cut a module into its statements."""
    tree, lines = _parse(text, name), text.split("\n")
    doc = ast.get_docstring(tree) or ""
    statements = tree.body[1:] if doc else tree.body
    doc_end = tree.body[0].end_lineno or 0 if doc else 0
    parts, end = [], doc_end
    for node in statements:
        first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))]) - 1
        if first < end:
            _fail(f"{name}, line {first + 1}: expected one statement a line.")
        while first > end and lines[first - 1].startswith("#"):
            first -= 1
        end = _behind_comments(lines, node.end_lineno or node.lineno)
        parts.append(_Part(frozenset(_names(node)), tuple(_imports(node)), first, end))
    return _Module(name, lines, doc, doc_end, tuple(parts))


def _behind_comments(lines: list[str], end: int) -> int:
    """Return the index behind the indented comments that follow a statement, such as the end of a region."""
    for index in range(end, len(lines)):
        stripped = lines[index].strip()
        if stripped and not (stripped.startswith("#") and lines[index][0].isspace()):
            break
        if stripped:
            end = index + 1
    return end


def _names(node: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement defines or imports."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield node.name
        case ast.Assign(targets=targets):
            yield from (name for target in targets for name in _targets(target))
        case ast.AnnAssign(target=target):
            yield from _targets(target)
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            yield from (one.asname or one.name.partition(".")[0] for one in names if one.name != "*")


def _targets(target: ast.expr) -> Iterator[str]:
    """Yield the names that an assignment sets."""
    match target:
        case ast.Name(id=name):
            yield name
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            for element in elements:
                yield from _targets(element)


def _imports(node: ast.stmt) -> Iterator[str]:
    """Yield a statement for each name that ``node`` imports."""
    match node:
        case ast.Import(names=names):
            yield from (ast.unparse(ast.Import([one])) for one in names)
        case ast.ImportFrom(module=module, names=names, level=level):
            yield from (ast.unparse(ast.ImportFrom(module, [one], level)) for one in names)


def _parse(text: str, name: str) -> ast.Module:
    """Return the syntax tree of a module that Python can compile."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a wrong solution may well look odd
            compile(text, name, "exec", dont_inherit=True)
            return ast.parse(text)
    except SyntaxError as error:
        _fail(f"{name}: {error.msg} in line {error.lineno}.")
    except ValueError as error:
        _fail(f"{name}: {error}.")


def _fail(message: str) -> NoReturn:
    raise HomeworkError(message)
