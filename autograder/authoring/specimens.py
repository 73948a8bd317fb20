"""The solutions that test a homework's checks: reference, stub, correct ones (wheat), wrong ones (chaff).

A wheat is the file ``wheat/NAME.py``, which stands for the first declared file, or a folder ``wheat/NAME/``
with some of the declared files; a chaff likewise. A wheat must get full marks, so its other declared files
are the reference's. A chaff is handed in without them, as some students do. A file may contain some
definitions only, which are merged into the reference, see `autograder.authoring.overlay`. A chaff's docstring
names the checks that must fail, in a paragraph that begins with ``Fails:``. A wheat's may name stochastic
checks that it misses on some seeds, after ``May miss:``: a known weakness of these checks.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from autograder.authoring.overlay import full_text
from autograder.authoring.stubs import cut_stub
from autograder.homework import HomeworkError, SolvedHomework
from autograder.untrusted import close_names

_NAMES: Final = r":\s*(.*?)(?:\n\s*\n|\Z)"


class Kind(StrEnum):
    """The kind of a specimen, which says what is expected of it."""

    REFERENCE = "reference"
    STUB = "stub"
    WHEAT = "wheat"
    CHAFF = "chaff"


@dataclass(frozen=True, slots=True)
class Specimen:
    """One known solution, correct or wrong on purpose.

    Attributes:
        name: unique among all specimens of the homework, such as ``wheat-functional``.
        kind: its kind.
        files: declared name → text, as it is handed in.
        title: the first line of its docstring.
        fails: identifiers of the checks that it must fail; it must fail no others.
        partial: whether it is handed in without some of the declared files.
        may_miss: identifiers of the checks that a wheat may miss, see `autograder.authoring.specimens`.
    """

    name: str
    kind: Kind
    files: Mapping[str, str]
    title: str = ""
    fails: frozenset[str] = frozenset()
    partial: bool = False
    may_miss: frozenset[str] = frozenset()

    def lay_out(self, folder: Path) -> Path:
        """Write the files to a new folder in ``folder``, as a student would hand them in; return its path."""
        home = folder / self.name
        home.mkdir(parents=True, exist_ok=True)
        for name, text in self.files.items():
            (home / name).write_text(text, encoding="utf-8")
        return home


def specimens(homework: SolvedHomework) -> list[Specimen]:
    """Return all specimens of a homework: reference, stub, wheats, chaffs.

    Raises:
        HomeworkError: a specimen cannot be read, or a chaff does not name the checks that it must fail.
        StubError: no stub can be cut from the reference.
    """
    reference = {name: _read(homework.solution / name) for name in homework.files}
    stub = {name: cut_stub(text, name) for name, text in reference.items()}
    found = [
        Specimen("reference", Kind.REFERENCE, reference, "the reference"),
        Specimen("stub", Kind.STUB, stub, "the untouched stub", frozenset(homework.checks)),
    ]
    for kind in (Kind.WHEAT, Kind.CHAFF):
        found += [_specimen(kind, path, homework, reference) for path in _sources(homework.solution / kind)]
    counts = Counter(one.name for one in found)
    if double := [name for name, count in counts.items() if count > 1]:
        raise HomeworkError(
            f"Expected one solution of each name. Received: {', '.join(double)} as a file and as a folder."
        )
    return found


def named(known: Sequence[Specimen], names: Collection[str]) -> list[Specimen]:
    """Return some specimens, in the order of ``known``.

    Args:
        known: all specimens.
        names: ``chaff-gate_order``, ``gate_order`` or ``chaff/gate_order.py``.

    Raises:
        HomeworkError: a name means none of them, or two; the message gives the closest names.
    """
    found = []
    for name in names:
        plain = name.removesuffix(".py").replace("/", "-")
        meant = [one for one in known if plain in (one.name, one.name.removeprefix(f"{one.kind}-"))]
        if len(meant) != 1:
            close = [one.name for one in meant] or close_names(plain, _all_names(known))
            instead = ", ".join(dict.fromkeys(close)) or ", ".join(one.name for one in known[:3])
            raise HomeworkError(
                f"Expected the name of one solution. Received: {name}. Similar names: {instead}. "
                "'autograder selftest' without --only and --print lists all."
            )
        found += meant
    return [one for one in known if one in found]


def _all_names(known: Sequence[Specimen]) -> list[str]:
    """Return the names of specimens, each with its kind and without it."""
    return [name for one in known for name in (one.name, one.name.removeprefix(f"{one.kind}-"))]


def _sources(folder: Path) -> Iterator[Path]:
    """Yield the modules and folders of one kind, in the order of their names."""
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.suffix == ".py" or (path.is_dir() and not path.name.startswith(("_", "."))):
            yield path


def _specimen(kind: Kind, path: Path, homework: SolvedHomework, reference: Mapping[str, str]) -> Specimen:
    """Read one wheat or chaff."""
    own = {name: path / name for name in homework.files if (path / name).is_file()}
    if path.is_file():
        own = {homework.files[0]: path}
    if not own:
        raise HomeworkError(f"{path}: expected one of the declared files {', '.join(homework.files)} in it.")
    texts = {name: _read(source) for name, source in own.items()}
    doc = _docstring(next(iter(texts.values())), path)
    declared = _declared(doc, path, homework, "Fails" if kind is Kind.CHAFF else "May miss")
    if kind is Kind.CHAFF and not declared:
        raise _not_declared(path, homework, "Fails", "none")
    texts = {name: full_text(text, reference[name], str(own[name])) for name, text in texts.items()}
    name, title = f"{kind}-{path.stem}", doc.partition("\n")[0]
    if kind is Kind.WHEAT:
        return Specimen(name, kind, {**reference, **texts}, title, may_miss=declared)
    partial = len(texts) < len(homework.files)
    return Specimen(name, kind, texts, title, declared, partial)


def _docstring(text: str, path: Path) -> str:
    """Return a module's docstring."""
    try:
        doc = ast.get_docstring(ast.parse(text))
    except SyntaxError as error:
        raise HomeworkError(f"{path}: {error.msg} in line {error.lineno}.") from error
    if not doc:
        raise HomeworkError(f"{path}: expected a docstring that says what this solution is.")
    return doc


def _declared(doc: str, path: Path, homework: SolvedHomework, title: str) -> frozenset[str]:
    """Return the checks that a docstring names in the paragraph with this title."""
    found = re.search(f"^{title}{_NAMES}", doc, re.DOTALL | re.MULTILINE)
    names = frozenset(re.split(r"[\s,]+", found[1].strip(" .\n"))) if found else frozenset[str]()
    if unknown := names - set(homework.checks):
        raise _not_declared(path, homework, title, ", ".join(sorted(unknown)))
    return names


def _not_declared(path: Path, homework: SolvedHomework, title: str, received: str) -> HomeworkError:
    """Return the error about a docstring that does not name checks as it should."""
    return HomeworkError(
        f"{path}: expected the docstring to name checks of {homework.name} after '{title}:'. "
        f"Received: {received}."
    )


def _read(path: Path) -> str:
    """Return a file's text."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise HomeworkError(f"{path} cannot be read: {error}") from error
