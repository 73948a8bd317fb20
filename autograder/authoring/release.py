"""Make the released folder of a homework: write stubs and public thresholds, and search it for leaks."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from autograder._files import write_atomically
from autograder.authoring.leaks import Leak, find_leaks
from autograder.authoring.stubs import StubError, cut_stub
from autograder.calibration.certificate import CALIBRATION, THRESHOLDS, read_certificate
from autograder.homework import HomeworkError, SolvedHomework
from autograder.judging.run_checks import verify_manifest

_DIFF_LINES: Final = 20


@dataclass(frozen=True, slots=True)
class Outdated:
    """A released file that differs from what its reference or calibration gives now.

    Attributes:
        path: the file.
        diff: the beginning of a unified diff from the released text to the right one. For authors only, as it
            may show lines of the solution.
    """

    path: Path
    diff: str


@dataclass(frozen=True, slots=True)
class ReleaseReport:
    """The result of `release`.

    Attributes:
        written: the files that were written, replaced or removed.
        outdated: the files that are out of date, if nothing was to be changed.
        leaks: the findings of the leak check.
    """

    written: tuple[Path, ...]
    outdated: tuple[Outdated, ...]
    leaks: tuple[Leak, ...]

    @property
    def ok(self) -> bool:
        """Whether the folder may be given to students."""
        return not self.outdated and not self.leaks


def release(homework: SolvedHomework, *, check: bool) -> ReleaseReport:
    """Write the stubs of ``homework`` to its released folder, then search that folder for leaks.

    The part of a calibration that public checks need is written there as well.

    Args:
        homework: the homework, with its solution folder.
        check: change nothing, and report the files that are out of date instead.

    Returns:
        The files that were written or are out of date, and every leak. The folder must not be released unless
        ``ok`` is true.

    Raises:
        HomeworkError: the solution folder or a reference is missing, or no stub can be cut from a reference
            (`StubError`). Then nothing is written.
    """
    stubs = {homework.folder / name: _cut(homework, name) for name in homework.files}
    stubs |= _thresholds(homework)
    stale: dict[Path, bytes | None] = {path: stub for path, stub in stubs.items() if _read(path) != stub}
    obsolete = homework.folder / THRESHOLDS
    if obsolete not in stubs and obsolete.exists():
        stale[obsolete] = None  # its checks are hidden now, or are not stochastic any more
    if not check:
        for path, stub in stale.items():
            if stub is None:
                path.unlink()
            else:
                write_atomically(path, stub)
    return ReleaseReport(
        written=() if check else tuple(stale),
        outdated=tuple(Outdated(path, _diff(path, stub or b"")) for path, stub in stale.items())
        if check
        else (),
        leaks=tuple(find_leaks(homework)),
    )


def solved_modules(homework: SolvedHomework) -> list[Path]:
    """Return the declared files in the released folder that are not the stubs cut from their references.

    Raises:
        HomeworkError: the solution folder or a reference is missing, or no stub can be cut from a reference.
    """
    paths = [homework.folder / name for name in homework.files]
    return [path for path in paths if _read(path) != _cut(homework, path.name)]


def _cut(homework: SolvedHomework, name: str) -> bytes:
    """Return the stub of one declared file."""
    path = homework.solution / name
    try:
        source = path.read_bytes().decode()  # without changing line ends
    except FileNotFoundError as error:
        raise HomeworkError(f"Expected the reference {path}: {name} is declared, and cut from it.") from error
    except UnicodeDecodeError as error:
        raise StubError(f"{path} is not UTF-8 text: {error}. Save it as UTF-8.") from error
    return cut_stub(source, str(path)).encode()


def _thresholds(homework: SolvedHomework) -> dict[Path, bytes]:
    """Return the file with the thresholds of public stochastic checks, and what the reference costs."""
    if not (homework.solution / CALIBRATION).exists():
        return {}
    public = read_certificate(homework.solution / CALIBRATION).only(verify_manifest(homework).public)
    needed = public.checks or public.cost is not None
    return {homework.folder / THRESHOLDS: public.to_json().encode()} if needed else {}


def _read(path: Path) -> bytes | None:
    """Return the content that is released now; None for a missing file or a symbolic link."""
    return path.read_bytes() if path.is_file() and not path.is_symlink() else None


def _diff(path: Path, stub: bytes) -> str:
    """Return the first lines of the difference between the released stub and the right one."""
    released = (_read(path) or b"").decode(errors="replace")
    lines = difflib.unified_diff(
        released.splitlines(),
        stub.decode().splitlines(),
        f"{path.name} (released)" if _read(path) is not None else f"{path.name} (missing)",
        f"{path.name} (as it should be)",
        lineterm="",
    )
    return "\n".join(islice(lines, _DIFF_LINES))
