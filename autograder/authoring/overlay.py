"""Solutions that contain only what differs from the reference: overlays.

A file that does not define every function which students write is an overlay. Each of its functions, classes
and constants replaces the definition of the same name in the reference. A definition with a new name is
inserted before the definition that follows it in the overlay. Its imports are added to the reference's.
Everything else of the reference is unchanged.

A file that defines every function which students write is complete, and is handed in unchanged. A file with
``Whole file.`` on a line of its own in its docstring is handed in unchanged, too: it may lack a function on
purpose, or contain other statements than definitions and imports.
"""

from __future__ import annotations

import ast
import difflib
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
_REMEDY: Final = (
    "If it is meant as a complete file, write 'Whole file.' on a line of its own in the docstring."
)


@dataclass(frozen=True, slots=True)
class _Part:
    """One statement at the top level of a module, other than the docstring.

    Attributes:
        names: the names that it defines or imports; empty for any other statement.
        others: further names that it sets, such as those under an ``if``.
        imports: one import statement for each name that it imports; empty if it imports nothing.
        first: index of its first line, from 0. Comments directly above a statement belong to it.
        end: index of the line after its last one. Indented comments below a statement belong to it.
    """

    names: frozenset[str]
    others: frozenset[str]
    imports: tuple[str, ...]
    first: int
    end: int


@dataclass(frozen=True, slots=True)
class _Module:
    """A module's text, cut into its statements.

    Attributes:
        name: the file's name, for messages.
        lines: the lines of the text.
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
        text: what the author wrote: a complete file or an overlay.
        reference: the text of the reference's file.
        name: the name of the author's file, for messages.

    Returns:
        ``text`` itself if it is complete. Otherwise the reference with the definitions of ``text``, and with
        its docstring, if it has one.

    Raises:
        HomeworkError: a file is not valid Python, or it is not clear what ``text`` replaces.
    """
    _refuse_whole_in_line(text, name)
    overlay, base = _module(text, name), _module(reference, f"{name}: the reference")
    if _WHOLE.search(overlay.doc) or overlay.names() >= _written_by_students(reference, base):
        return text
    _refuse_unclear(overlay, base)
    result = "\n".join(_merged(overlay, base))
    _parse(result, f"{name}, merged into the reference")
    return result


def _refuse_whole_in_line(text: str, name: str) -> None:
    """Refuse ``Whole file.`` within a line of the docstring, where it would have no effect."""
    doc = ast.get_docstring(_parse(text, name)) or ""
    if "whole file." in doc.lower() and not _WHOLE.search(doc):
        _fail(
            f"{name}: expected 'Whole file.' on a line of its own in the docstring. Received: within a line."
        )


def _merged(overlay: _Module, base: _Module) -> list[str]:
    """Return the lines of ``base`` with the definitions of ``overlay`` in it."""
    lines = list(base.lines)
    for place, new in reversed(_replacements(overlay, base)):
        lines[place.first : place.end] = new
    present = {line for part in base.parts for line in part.imports}
    missing = [line for part in overlay.parts for line in part.imports if line not in present]
    end = _end_of_imports(base)
    lines[end:end] = missing if end > base.doc_end or not missing else ["", *missing]
    if overlay.doc:
        lines[: base.doc_end] = overlay.lines[: overlay.doc_end]
    return lines


def _replacements(overlay: _Module, base: _Module) -> list[tuple[_Part, list[str]]]:
    """Return each replaced statement of ``base`` with the lines that replace it, from top to bottom."""
    found: list[tuple[_Part, list[str]]] = []
    added: list[str] = []
    for part in overlay.definitions:
        place = next((one for one in base.definitions if one.names & part.names), None)
        if place is None:
            added += [*overlay.text_of(part), *_GAP]
        else:
            found.append((place, [*added, *overlay.text_of(part)]))
            added = []
    if added:  # after the last replaced one
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


def _refuse_unclear(overlay: _Module, base: _Module) -> None:
    """Refuse an overlay whose author may have meant something else."""
    for part in overlay.parts:
        where = f"{overlay.name}, line {part.first + 1}"
        if not part.names:
            what = overlay.text_of(part)[0].strip()
            problem = f"expected functions, classes, constants and imports. Received: {what!r}"
            _fail(f"{where}: {problem}. {_REMEDY}")
        for place in base.parts:
            _refuse_conflict(where, part, place)
    for module in (overlay, base):
        counts = Counter(name for part in module.definitions for name in part.names)
        if duplicates := [name for name, count in counts.items() if count > 1]:
            _fail(f"{module.name} defines {duplicates[0]} more than once. {_REMEDY}")
    _refuse_misspelt(overlay, base)
    if not overlay.names() & base.names():
        known = ", ".join(sorted(base.names()))
        _fail(f"{overlay.name}: expected a definition of one of {known}, to replace it. {_REMEDY}")


def _refuse_conflict(where: str, part: _Part, place: _Part) -> None:
    """Refuse a statement of an overlay that a statement of the reference would undo, or undo in part."""
    both = part.names & place.names
    if again := part.names & place.others:
        _fail(f"{where}: {min(again)} is also set in line {place.first + 1} of the reference. {_REMEDY}")
    if both and part.imports and set(part.imports).isdisjoint(place.imports):
        _fail(f"{where}: {min(both)} is imported in another way in the reference. {_REMEDY}")
    if both and bool(part.imports) != bool(place.imports):
        _fail(f"{where}: {min(both)} is imported in one file and defined in the other.")
    if both and not part.imports and part.names != place.names:
        together = ", ".join(sorted(part.names | place.names))
        _fail(f"{where}: expected one statement for {together}, as in the other file.")


def _refuse_misspelt(overlay: _Module, base: _Module) -> None:
    """Refuse a new function that nothing uses and whose name is nearly that of one in the reference."""
    words = Counter(re.findall(r"\w+", "\n".join(overlay.lines[overlay.doc_end :])))
    for name in sorted(overlay.names() - base.names()):
        close = difflib.get_close_matches(name, base.names() - overlay.names(), 1, 0.8)
        if close and words[name] == 1:
            _fail(f"{overlay.name} defines {name}, which nothing uses. Is {close[0]} meant?")


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
        end = _end_with_comments(lines, node.end_lineno or node.lineno)
        names = frozenset(_names(node))
        parts.append(_Part(names, frozenset(_all_set(node)) - names, tuple(_imports(node)), first, end))
    return _Module(name, lines, doc, doc_end, tuple(parts))


def _end_with_comments(lines: list[str], end: int) -> int:
    """Return the index after the indented comments that follow a statement, such as the end of a region."""
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
        case ast.AnnAssign(target=target, value=ast.expr()):
            yield from _targets(target)
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            yield from (one.asname or one.name.partition(".")[0] for one in names if one.name != "*")


def _all_set(node: ast.AST) -> Iterator[str]:
    """Yield all names that a statement sets in its module, also below ``if``, ``try`` and ``for``."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield node.name
        case ast.Lambda():
            pass
        case ast.Name(id=name, ctx=ast.Store()):
            yield name
        case ast.alias():
            yield node.asname or node.name.partition(".")[0]
        case _:
            for child in ast.iter_child_nodes(node):
                yield from _all_set(child)


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
            warnings.simplefilter("ignore")  # a wrong solution may cause warnings
            compile(text, name, "exec", dont_inherit=True)
            return ast.parse(text)
    except SyntaxError as error:
        _fail(f"{name}: {error.msg} in line {error.lineno}.")
    except ValueError as error:
        _fail(f"{name}: {error}.")


def _fail(message: str) -> NoReturn:
    raise HomeworkError(message)
