"""Helper modules of a homework's checks: Python files beside the checks that the checks import by name.

A helper is found by following the imports of the checks and of ``conftest.py``. A file that no check imports
is a tool of the author: it grades nothing, and a self-test does not prove anything about it.
"""

from __future__ import annotations

import ast
import importlib.machinery
import importlib.util
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from autograder.homework._declared import SHARED_FIXTURES, Homework, HomeworkError

_FIXTURES_MODULE = SHARED_FIXTURES.removesuffix(".py")


def helper_modules(homework: Homework) -> dict[str, Path]:
    """Return the modules beside a homework's checks that the checks import, directly or through each other.

    Ambiguous names are left out: declared files, files of checks, and modules that Python itself finds.
    `refuse_helpers` raises an error for them.

    Args:
        homework: the homework; without its solution only the helpers of public checks are found.

    Returns:
        Name of each module → its file, sorted by name.
    """
    found: dict[str, Path] = {}
    waiting = _checks(homework)
    while waiting:
        for name in _imported_names(waiting.pop()):
            paths = _candidates(homework, name)
            if name not in found and paths and not _why_refused(homework, name, paths):
                found[name] = paths[0]
                waiting.append(paths[0])
    return dict(sorted(found.items()))


def refuse_helpers(homework: Homework) -> None:
    """Refuse helper modules with an ambiguous name, and unreleased helpers of public checks.

    Args:
        homework: the homework.

    Raises:
        HomeworkError: a file imports such a module; the message says what to rename or to move.
    """
    for file in [*_checks(homework), *helper_modules(homework).values()]:
        for name in _imported_names(file):
            paths = _candidates(homework, name)
            why = _why_refused(homework, name, paths) if paths else ""
            if not why and paths and file.parent == homework.folder != paths[0].parent:
                why = f"{paths[0]} is not released, so students cannot run it. Move it to {homework.folder}."
            if why:
                raise HomeworkError(f"{file} imports {name!r}: {why}")


@contextmanager
def importable_helpers(homework: Homework) -> Iterator[None]:
    """Let checks import their helper modules; forget these afterwards: another homework may use their names.

    Args:
        homework: the homework whose helpers can be imported.
    """
    helpers = helper_modules(homework)
    finder = _HelperFinder(helpers)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in helpers:
            sys.modules.pop(name, None)


class _HelperFinder:
    """Finds helper modules only: with their folder on Python's path, checks could import the reference."""

    def __init__(self, helpers: Mapping[str, Path]) -> None:
        self._helpers = helpers

    def find_spec(self, fullname: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        file = self._helpers.get(fullname)
        return None if file is None else importlib.util.spec_from_file_location(fullname, file)


def _checks(homework: Homework) -> list[Path]:
    """Return the files from which imports are followed."""
    return [*homework.check_files, homework.folder / SHARED_FIXTURES]


def _candidates(homework: Homework, name: str) -> list[Path]:
    """Return the files with this module's name in the folders of a homework; at most two."""
    paths = [folder / f"{name}.py" for folder in homework.check_folders]
    return [path for path in paths if path.is_file()]


def _why_refused(homework: Homework, name: str, paths: list[Path]) -> str:
    """Return why a module beside the checks cannot be a helper; empty if it can."""
    path = paths[0]
    if path.name in homework.files:
        return "students hand it in, and their code runs in the sandbox only. Use the fixture 'submission'."
    if name.startswith("test_") or name == _FIXTURES_MODULE:
        return f"{path} holds checks or fixtures. Move what is shared to a module of another name."
    if len(paths) > 1:
        return f"{paths[0]} and {paths[1]} have the same name. Rename one of them."
    if _is_taken(name, path):
        return f"{path} has the name of a module of Python or of an installed package. Rename it."
    return ""


def _is_taken(name: str, path: Path) -> bool:
    """Return whether Python itself finds another module of this name."""
    try:
        spec = importlib.util.find_spec(name)
    except ValueError:  # a loaded module without a specification
        return True
    # In a student's own folder, pytest or a notebook has the helper itself on Python's path.
    return spec is not None and not (
        spec.origin and Path(spec.origin).exists() and path.samefile(spec.origin)
    )


def _imported_names(path: Path) -> Iterator[str]:
    """Yield the first part of each absolute name that a file imports; nothing if the file is invalid."""
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return  # pytest reports the error
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module.partition(".")[0]
