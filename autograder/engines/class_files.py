"""The files about each student: what their code printed, the pictures of their checks, and their own page."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final

from autograder._files import file_name, make_folder
from autograder.grading.grade import Graded
from autograder.homework import Homework, HomeworkError
from autograder.pictures import store
from autograder.reports.feedback import write_feedback
from autograder.reports.text import plain
from autograder.result import SubmissionResult

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
        store.replace_pictures(self._out / _PICTURES / name, graded.pictures)

    def write_feedback(self, result: SubmissionResult, homework: Homework, when: datetime) -> None:
        """Write a student's page, with the pictures that are kept."""
        name = file_name(result.student)
        pictures = read_pictures(self._out, result)
        write_feedback(result, homework, pictures, self._out / _FEEDBACK / f"{name}.html", when=when)


def read_pictures(out: Path, result: SubmissionResult) -> dict[str, bytes]:
    """Return the pictures that a result names, as far as they are there and still pictures.

    They may be those of another day: a page is written for everybody whenever somebody is graded.

    Args:
        out: the folder for results.
        result: a student's.
    """
    return store.read_pictures(out / _PICTURES / file_name(result.student), result)
