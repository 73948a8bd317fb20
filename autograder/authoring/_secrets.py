"""Collect from a solution folder the texts that no released file may contain."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from autograder.authoring._significance import (
    Lines,
    numbered,
    significant_code,
    significant_comment,
    split_line,
    without_interface,
)
from autograder.authoring._views import squeeze
from autograder.authoring.stubs import StubError, cut_stub, solution_lines, solution_regions
from autograder.homework import PUBLIC_CHECKS, SolvedHomework, helper_modules

PASSAGE: Final = 3  # neighbouring lines that are compared together if none is significant alone


@dataclass(frozen=True, slots=True)
class Secret:
    """A text that no released file may contain.

    Attributes:
        squeezed: the text to search for, normalized by `autograder.authoring._views.squeeze`.
        text: the text as its author wrote it.
        origin: its file and line, for messages.
    """

    squeezed: str
    text: str
    origin: str


@dataclass(frozen=True, slots=True)
class SecretTexts:
    """All secrets of one homework.

    Attributes:
        secrets: each of them once.
        unreadable: files that could not be read, each with the reason.
    """

    secrets: tuple[Secret, ...]
    unreadable: tuple[tuple[Path, str], ...]


def collect_secrets(homework: SolvedHomework, solution: Path) -> SecretTexts:
    """Collect the lines of the modules in ``solution`` that no released file may contain.

    A module with solution regions is a reference: its regions are secret, the stub cut from it is not. In any
    other module (a wheat, a helper, a tool, the hidden checks), every line that is in no stub is secret.
    Hidden checks and their helpers may also share lines with the public ones. Chaffs are not read: they are
    wrong on purpose, and a handout may quote the mistake.

    Args:
        homework: the homework; its declared files are its references.
        solution: the solution folder, which is never released.
    """
    unreadable: dict[Path, str] = {}
    declared = {solution / name for name in homework.files}
    sources = _read(sorted(declared | set(_modules(solution))), unreadable)
    stubs = _cut_stubs(sources, declared, unreadable)
    in_stubs = _pieces(stubs.values())
    helpers = set(helper_modules(homework).values())
    public = [homework.folder / PUBLIC_CHECKS, *(path for path in helpers if path.parent == homework.folder)]
    in_public = _pieces(_read(public, {}).values())
    secrets: dict[str, Secret] = {}
    for path, source in sources.items():
        origin = str(path.relative_to(solution))
        if path in stubs:
            found = _secrets_of_reference(source, origin, in_stubs, squeeze("".join(stubs.values())))
        elif path not in unreadable:
            is_check = path in helpers or path.name.startswith(("test_", "conftest"))
            common = in_stubs | in_public if is_check else in_stubs
            found = _secret_lines(without_interface(source, numbered(source)), origin, common)
        else:
            continue
        for secret in found:
            secrets.setdefault(secret.squeezed, secret)
    return SecretTexts(tuple(secrets.values()), tuple(unreadable.items()))


def _modules(solution: Path) -> Iterator[Path]:
    for path in solution.rglob("*.py"):
        if "chaff" not in path.relative_to(solution).parts:
            yield path


def _read(paths: Iterable[Path], unreadable: dict[Path, str]) -> dict[Path, str]:
    """Return the text of each file; add those that cannot be read to ``unreadable``."""
    texts = {}
    for path in paths:
        try:
            texts[path] = path.read_bytes().decode()
        except (OSError, UnicodeDecodeError) as error:
            unreadable[path] = f"it cannot be read ({error})"
    return texts


def _cut_stubs(sources: dict[Path, str], declared: set[Path], unreadable: dict[Path, str]) -> dict[Path, str]:
    """Return the stub of each reference; add those from which none can be cut to ``unreadable``."""
    stubs = {}
    for path, source in sources.items():
        try:
            if path in declared or solution_lines(source, path.name):
                stubs[path] = cut_stub(source, path.name)
        except StubError as error:
            unreadable[path] = str(error)
    return stubs


def _pieces(texts: Iterable[str]) -> set[str]:
    """Return the code and the comment of every line, squeezed: texts that are public already.

    Comments keep their number sign. So a comment in a stub does not make the same text public as code.
    """
    return {
        sign + squeeze(piece)
        for text in texts
        for _, line in numbered(text)
        for sign, piece in zip(("", "#"), split_line(line), strict=True)
    }


def _secrets_of_reference(source: str, origin: str, common: set[str], stubs: str) -> Iterator[Secret]:
    """Yield the significant lines and passages of all solution regions."""
    for region in solution_regions(source):
        lines = without_interface(source, region)
        yield from _secret_lines(lines, origin, common)
        for secret in _secret_passages(lines, origin):
            if secret.squeezed not in stubs:
                yield secret


def _secret_lines(lines: Lines, origin: str, common: set[str]) -> Iterator[Secret]:
    """Yield each significant piece of code and each significant comment."""
    for number, line in lines:
        code, comment = split_line(line)
        if significant_code(code) and squeeze(code) not in common:
            yield Secret(squeeze(code), code, f"{origin}, line {number}")
        if significant_comment(comment) and f"#{squeeze(comment)}" not in common:
            yield Secret(squeeze(comment), comment, f"{origin}, line {number}")


def _secret_passages(lines: Lines, origin: str) -> Iterator[Secret]:
    """Yield groups of neighbouring lines of code that are significant only together."""
    code = [(number, split_line(line)[0]) for number, line in lines]
    code = [(number, line) for number, line in code if line]
    size = min(PASSAGE, len(code))
    for start in range(len(code) - size + 1) if size > 1 else ():
        passage = [line for _, line in code[start : start + size]]
        text = "\n".join(passage)
        if significant_code(text) and not any(map(significant_code, passage)):
            yield Secret(squeeze(text), text, f"{origin}, from line {code[start][0]}")
