"""The files about each student: what their code printed, the pictures of their checks, and their own page."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from datetime import datetime
from pathlib import Path
from typing import Final

from autograder._files import OPENING, file_name, make_folder, write_atomically
from autograder.checks.pictures import MOST_BYTES
from autograder.grading.grade import Graded
from autograder.grading.pictures import is_file_name, refuse_other_files
from autograder.homework import Homework, HomeworkError
from autograder.reports.feedback import write_feedback
from autograder.result import SubmissionResult
from autograder.untrusted import plain

_MAX_LOG: Final = 64 << 10
_LOGS, _PICTURES, _FEEDBACK = "logs", "pictures", "feedback"


class ClassFiles:
    """The folders of files about students.

    Args:
        out: the folder for results, which is there.

    Raises:
        HomeworkError: one of the folders is something else, a link for example.
    """

    def __init__(self, out: Path) -> None:
        self._out = out
        try:
            for name in (_LOGS, _PICTURES, _FEEDBACK):
                make_folder(out / name)
        except (FileExistsError, NotADirectoryError) as error:
            raise HomeworkError(f"Expected --out to hold folders of its own. Received: {error}") from error

    @property
    def grader_log(self) -> Path:
        """The file that takes what grading processes print."""
        return self._out / _LOGS / "_grader.txt"

    def keep(self, graded: Graded) -> None:
        """Keep a student's log and pictures; those of an earlier grading are gone then."""
        name = file_name(graded.result.student)
        log = plain(graded.log, _MAX_LOG, lines=True)  # without what could steer a terminal
        (self._out / _LOGS / f"{name}.txt").write_text(log, encoding="utf-8")
        folder = self._out / _PICTURES / name
        _remove(folder)
        if graded.pictures:
            folder.mkdir()
        for picture, data in graded.pictures.items():
            write_atomically(folder / picture, data)

    def write_feedback(self, result: SubmissionResult, homework: Homework, when: datetime) -> None:
        """Write a student's page, with the pictures that are kept."""
        name = file_name(result.student)
        pictures = read_pictures(self._out, result)
        write_feedback(result, homework, pictures, self._out / _FEEDBACK / f"{name}.html", when=when)


def _remove(path: Path) -> None:
    """Remove whatever has a name; of a link the link itself."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def read_pictures(out: Path, result: SubmissionResult) -> dict[str, bytes]:
    """Return the pictures that a result names, as far as they are there and still pictures.

    They may be those of another day: a page is written for everybody whenever somebody is graded.

    Args:
        out: the folder for results.
        result: a student's.
    """
    folder = out / _PICTURES / file_name(result.student)
    pictures = {}
    for name in (artifact.name for check in result.checks for artifact in check.artifacts):
        with contextlib.suppress(OSError, ValueError):
            pictures[name] = _read_picture(folder, name)
    return pictures


def _read_picture(folder: Path, name: str) -> bytes:
    """Read a picture, without following a link or leaving the folder.

    Raises:
        OSError: it is not there, or a link.
        ValueError: it is no picture that a check kept.
    """
    if not is_file_name(name):
        raise ValueError(f"Expected the name of a check's picture. Received: {name!r}")
    inside = os.open(folder, OPENING | os.O_DIRECTORY)
    try:
        handle = os.open(name, OPENING, dir_fd=inside)
    finally:
        os.close(inside)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise ValueError(f"Expected {name} to be a regular file.")
        data = file.read(MOST_BYTES + 1)
    refuse_other_files(name, data)
    return data
