"""The digest of a homework's files, and whether its self-test is valid evidence for them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from autograder.calibration.certificate import CALIBRATION
from autograder.homework import PUBLIC_CHECKS, SHARED_FIXTURES, SolvedHomework, helper_modules

EVIDENCE: Final = "selftest.json"


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
    total = hashlib.sha256(_judging(homework))
    for path in [*_files(homework), *(_specimens(homework) if specimens else ())]:
        if path.name not in without and path.is_file():
            content = path.read_bytes()
            total.update(f"{path.parent.name}/{path.name}\0{len(content)}\0".encode() + content)
    return f"sha256:{total.hexdigest()}"


def _judging(homework: SolvedHomework) -> bytes:
    """Return the manifest's entries about judging, as JSON."""
    entries = {
        "dataset": homework.dataset,
        "files": homework.files,
        "max_score": homework.max_score,
        "checks": homework.checks,
        "limits": asdict(homework.limits),
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


def unproved(homework: SolvedHomework) -> str | None:
    """Return why a homework must not be released; None if its self-test succeeded and is up to date."""
    path = homework.solution / EVIDENCE
    run = f"Run: autograder selftest {homework.name}"
    try:
        evidence: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        digest, right = evidence["digest"], evidence["right"]
    except FileNotFoundError:
        return f"The checks of {homework.name} have never been tested. {run}"
    except (ValueError, KeyError, TypeError):
        return f"{path} is not the evidence of a self-test. {run}"
    if digest != digest_of_homework(homework):
        return f"The self-test of {homework.name} is older than its checks, solutions or calibration. {run}"
    return None if right is True else f"The last self-test of {homework.name} found something wrong. {run}"
