"""The folder of submissions: which students are in it, and where the submission of each is."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from autograder.homework import Homework
from autograder.untrusted import LONGEST_NAME, spelled_out, student_name

_ARCHIVES: Final = (".zip", ".tar.gz", ".tgz")
_SKIPPED_PREFIXES: Final = (".", "__MACOSX")


class SubmissionsError(Exception):
    """The folder of submissions cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One student's submission in the folder.

    Attributes:
        student: the name in all results and reports, see `student_name`.
        paths: its folder or archive; if there are several, the grader cannot know which one counts.
        seeds: the name from which its seeds are derived; the student's if it is empty.
        homework: the name of the folder, in the student's folder, that holds this homework in nbgrader's
            tree; empty if it is not known.
    """

    student: str
    paths: tuple[Path, ...]
    seeds: str = ""
    homework: str = ""


def find_submissions(folder: Path) -> list[Entry]:
    """List the submissions in ``folder``: a folder or an archive for each student.

    Hidden entries are skipped, and so are files that are no archives.

    Args:
        folder: the folder of submissions.

    Returns:
        One entry for each student, in the order of the names of their folders and archives.

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
    """Split students into those who handed in this homework and those who handed in only other homeworks.

    In nbgrader's tree a student's folder holds one folder for each homework.

    Args:
        entries: the submissions of all students.
        homework: the homework to grade.
        names: names of all homeworks of the course.

    Returns:
        The entries to grade, and the names of the other students, who get no result instead of a zero.
    """
    wanted = {homework.name, *homework.files}
    here, others = [], []
    for entry in entries:
        inside = {path.name for place in entry.paths for path in _listed(place)}
        packed = not all(map(is_folder, entry.paths))  # the content of an archive is not known yet
        if inside & (set(names) - {homework.name}) and not inside & wanted and not packed:
            others.append(entry.student)
        else:
            here.append(replace(entry, homework=homework.name))
    return here, others


def _listed(folder: Path) -> list[Path]:
    """Return the entries of a folder; none if it cannot be listed."""
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def passed_over(folder: Path) -> list[str]:
    """Return the names of visible files in a folder of submissions that are no submission."""
    names = (path.name for path in sorted(folder.iterdir()) if _student_of(path) is None)
    return [spelled_out(name, LONGEST_NAME) for name in names if not name.startswith(_SKIPPED_PREFIXES)]


def _student_of(path: Path) -> str | None:
    """Return the student's name for a folder or an archive, None for anything else."""
    name = path.name
    if name.startswith(_SKIPPED_PREFIXES):
        return None
    if is_folder(path):
        return student_name(name)
    endings = (ending for ending in _ARCHIVES if name.lower().endswith(ending))
    return next((student_name(name[: -len(ending)]) for ending in endings), None)


def is_folder(path: Path) -> bool:
    """Return whether ``path`` is a folder, or a link to one."""
    try:
        return path.is_dir()
    except OSError:  # a link that cannot be followed; it must not stop the grading of other students
        return False
