"""The folder of submissions: who is in the class, and where their work lies."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from autograder.homework import Homework
from autograder.untrusted import LONGEST_NAME, spelled_out, student_name

_ARCHIVES: Final = (".zip", ".tar.gz", ".tgz")
_NOBODY: Final = (".", "__MACOSX")


class SubmissionsError(Exception):
    """The folder of submissions itself cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One student's submission as it lies in the folder.

    Attributes:
        student: the name that all results and reports have, see `student_name`.
        paths: where it is; with several, nobody can tell which one counts.
    """

    student: str
    paths: tuple[Path, ...]


def find_submissions(folder: Path) -> list[Entry]:
    """List the submissions in ``folder``: a folder or an archive for each student.

    Hidden files are passed over; so is any other file that is neither a folder nor an archive.

    Raises:
        SubmissionsError: the folder is missing, is no folder, or holds no submission.
    """
    if not folder.exists():
        raise SubmissionsError(f"Expected a folder of submissions. Received: {folder}, which does not exist.")
    if not folder.is_dir():
        raise SubmissionsError(f"Expected a folder of submissions. Received: {folder}, which is a file.")
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        if (student := _student_of(path)) is not None:
            found.setdefault(student, []).append(path)
    if not found:
        raise SubmissionsError(
            f"Expected a folder or a .zip or .tar.gz file for each student in {folder}. Received: none."
        )
    return [Entry(student, tuple(paths)) for student, paths in found.items()]


def split_by_homework(
    entries: Sequence[Entry], homework: Homework, names: Collection[str]
) -> tuple[list[Entry], list[str]]:
    """Tell who handed in a homework from who handed in only others of the course, in nbgrader's tree.

    Args:
        entries: everybody.
        homework: the one to grade.
        names: all homeworks of the course.

    Returns:
        The entries to grade, and the names of the others: they handed in nothing here, which is no zero.
    """
    wanted = {homework.name, *homework.files}
    here, others = [], []
    for entry in entries:
        inside = {path.name for place in entry.paths for path in _listed(place)}
        packed = not all(map(is_folder, entry.paths))  # what is in an archive is not known yet
        if inside & (set(names) - {homework.name}) and not inside & wanted and not packed:
            others.append(entry.student)
        else:
            here.append(entry)
    return here, others


def _listed(folder: Path) -> list[Path]:
    """Return what is in a folder; nothing where it cannot be listed."""
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def passed_over(folder: Path) -> list[str]:
    """Return the names of visible files in a folder of submissions that are nobody's folder or archive."""
    names = (path.name for path in sorted(folder.iterdir()) if _student_of(path) is None)
    return [spelled_out(name, LONGEST_NAME) for name in names if not name.startswith(_NOBODY)]


def _student_of(path: Path) -> str | None:
    """Return the student's name for a folder or an archive, None for anything else."""
    name = path.name
    if name.startswith(_NOBODY):
        return None
    if is_folder(path):
        return student_name(name)
    endings = (ending for ending in _ARCHIVES if name.lower().endswith(ending))
    return next((student_name(name[: -len(ending)]) for ending in endings), None)


def is_folder(path: Path) -> bool:
    """Whether ``path`` is a folder, or a link to one; not every link can even be followed."""
    try:
        return path.is_dir()
    except OSError:  # one student's link to a forbidden or an impossible place is nothing to the others
        return False
