"""Digests of what decides how a submission is judged: a homework's files, this package, the libraries."""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from collections.abc import Collection, Mapping
from dataclasses import asdict
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Final

import autograder
from autograder.calibration.certificate import CALIBRATION
from autograder.homework import PUBLIC_CHECKS, SHARED_FIXTURES, SolvedHomework, helper_modules
from autograder.known.source_text import code_in

_PACKAGE: Final = Path(autograder.__file__).parent
_NO_DATA: Final = ("wheat", "chaff", "pictures")
_FOR_PEOPLE: Final = (".md", ".ipynb")
EVIDENCE: Final = "selftest.json"
"""The result of a self-test, beside the reference."""
_JUDGING: Final = (
    *("checks/", "judging/", "models/", "calibration/", "result.py"),
    *("grading/submission.py", "known/fine_replies.py", "known/reach.py"),
    *(
        f"sandbox/{name}.py"
        for name in ("evaluator", "protocol", "rebuilt", "refusals", "runtime", "wire", "worker")
    ),
)
"""The folders and modules of this package that decide what a submission's numbers mean, and which runs count.

The rest of the sandbox decides whether code runs at all, and the rest of `grading` what is done with results.
"""


def digest_of_evidence(homework: SolvedHomework) -> str:
    """Return one digest over everything that a self-test proves: a homework, and what this package judges by.

    Args:
        homework: the homework, with its solution.

    Returns:
        ``sha256:`` and 64 hexadecimal digits.
    """
    whole = digest_of_homework(homework) + digest_of_code(only=_JUDGING)
    return f"sha256:{hashlib.sha256(whole.encode()).hexdigest()}"


def digest_of_first_evidence(homework: SolvedHomework) -> str:
    """Return the digest in evidence of schema 1: over the homework, as it was declared then."""
    first = ("cpu_seconds", "training_cpu_seconds", "memory_mb")
    limits = {name: getattr(homework.limits, name) for name in first}
    return _digest_of_files(homework, _judging(homework, limits), (), specimens=True)


def digest_of_homework(
    homework: SolvedHomework, without: Collection[str] = (), *, specimens: bool = True
) -> str:
    """Return one digest over everything that decides how submissions of a homework are judged.

    It covers the manifest's entries about judging; the checks with their fixtures and helper modules; the
    reference, wheats, chaffs and calibration; and the arrays that checks read, such as a judge. The title or
    the penalty for lateness may change without a new self-test.

    Args:
        homework: the homework, with its solution.
        without: names of files to leave out.
        specimens: whether to include wheats and chaffs.

    Returns:
        ``sha256:`` and 64 hexadecimal digits.
    """
    judging = _judging(homework, asdict(homework.limits))
    return _digest_of_files(homework, judging, without, specimens=specimens)


def _digest_of_files(
    homework: SolvedHomework, judging: bytes, without: Collection[str], *, specimens: bool
) -> str:
    """Return one digest over the manifest's entries about judging and the files."""
    total = hashlib.sha256(judging)
    for path in [*_files(homework), *(_specimens(homework) if specimens else ())]:
        if path.name not in without and path.is_file():
            content = path.read_bytes()
            total.update(f"{path.parent.name}/{path.name}\0{len(content)}\0".encode() + content)
    return f"sha256:{total.hexdigest()}"


def _judging(homework: SolvedHomework, limits: Mapping[str, int]) -> bytes:
    """Return the manifest's entries about judging, as JSON."""
    entries = {
        "dataset": homework.dataset,
        "files": homework.files,
        "max_score": homework.max_score,
        "checks": homework.checks,
        "limits": limits,
        "parameters": homework.parameters,
    }
    return json.dumps(entries, sort_keys=True, default=str).encode()


def _files(homework: SolvedHomework) -> list[Path]:
    """Return the files that decide about verdicts, in a fixed order."""
    names = [homework.folder / name for name in (PUBLIC_CHECKS, SHARED_FIXTURES)]
    names += [homework.solution / name for name in homework.files]
    helpers = helper_modules(homework).values()
    arrays = sorted(homework.solution.glob("*.npz"))
    return [*names, *homework.hidden_checks, *helpers, *arrays, homework.solution / CALIBRATION]


def _specimens(homework: SolvedHomework) -> list[Path]:
    """Return the files of all wheats and chaffs, in a fixed order."""
    folders = [homework.solution / kind for kind in ("wheat", "chaff")]
    return [path for folder in folders for path in sorted(folder.rglob("*.py"))]


def digest_of_data_files(homework: SolvedHomework) -> str:
    """Return one digest over all files beside a homework's checks and reference, which a check may read.

    It leaves out what people read, known solutions, what commands write, and hidden files.
    """
    total = hashlib.sha256()
    for folder in (homework.folder, homework.solution):
        for path in sorted(folder.rglob("*")):
            place = path.relative_to(folder)
            if path.is_file() and _may_be_read(place):
                content = path.read_bytes()
                total.update(f"{folder.parent.name}/{place.as_posix()}\0{len(content)}\0".encode() + content)
    return total.hexdigest()


def _may_be_read(place: Path) -> bool:
    """Return whether a check may read a file, by its place in a homework's folder."""
    hidden = any(part.startswith((".", "__")) for part in place.parts)
    for_people = place.suffix in _FOR_PEOPLE or place.name == EVIDENCE
    return not hidden and not for_people and place.parts[0] not in _NO_DATA


def digest_of_package(*, without: tuple[str, ...] = ()) -> str:
    """Return one digest over this package's modules.

    Args:
        without: path prefixes of the modules to leave out, such as ``reports/``.
    """
    texts = {place: path.read_bytes() for place, path in _modules().items() if not place.startswith(without)}
    return _digest(texts)


def digest_of_code(*, only: tuple[str, ...], without: tuple[str, ...] = ()) -> str:
    """Return one digest over the code in some of this package's modules, without comments and docstrings.

    It takes seconds for the whole package, where `digest_of_package` takes milliseconds.

    Args:
        only: path prefixes of the modules to include, such as ``checks/``.
        without: path prefixes of those to leave out.
    """
    return _digest(
        {
            place: code_in(path.read_text(encoding="utf-8")).encode()
            for place, path in _modules().items()
            if place.startswith(only) and not place.startswith(without)
        }
    )


def _modules() -> dict[str, Path]:
    """Return path in the package → file, for all modules in a fixed order."""
    return {path.relative_to(_PACKAGE).as_posix(): path for path in sorted(_PACKAGE.rglob("*.py"))}


def _digest(texts: Mapping[str, bytes]) -> str:
    """Return a digest over named contents."""
    total = hashlib.sha256()
    for name, content in texts.items():
        total.update(f"{name}\0{len(content)}\0".encode() + content)
    return total.hexdigest()


@cache
def versions() -> str:
    """Return the kind of machine, the version of Python, and a digest over all installed packages.

    Code of students may import any of them.
    """
    packages = sorted(f"{each.name} {each.version}" for each in metadata.distributions())
    digest = hashlib.sha256("\n".join(packages).encode()).hexdigest()
    return f"Python {sys.version}, {platform.system()}, {platform.machine()}, packages {digest}"
