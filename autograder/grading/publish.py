"""The last step of a run: each result is kept when it arrives, and the reports are written at the end."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from autograder._files import file_name, make_folder, open_to_append
from autograder.grading.graded import Graded
from autograder.grading.journal import Journal
from autograder.homework import Homework, HomeworkError
from autograder.pictures.store import replace_pictures
from autograder.reports.changes import change_of
from autograder.reports.csv import write_grades
from autograder.reports.feedback import FEEDBACK, PICTURES, write_feedback
from autograder.reports.page import write_page
from autograder.result import SubmissionResult, SubmissionStatus
from autograder.untrusted import plain

JOURNAL: Final = "results.jsonl"
_MAX_LOG: Final = 64 << 10
_LOGS: Final = "logs"
_TRY: Final = ".try-"
# The other pattern is that of `write_atomically`.
_HALF_WRITTEN: Final = re.compile(rf"\..+\.[0-9]+\.tmp|{re.escape(_TRY)}.+", re.DOTALL)

Writer = Callable[[Sequence[SubmissionResult], Homework, Path, datetime], None]
"""Writes a report or an export: ``write(results, homework, folder for results, time)``."""


WRITERS: Final[tuple[Writer, ...]] = (write_grades, write_feedback, write_page)
"""All reports and exports, in the order of writing. A new one is a `Writer` and an entry here."""


class Results:
    """The folder with the results of one homework. Only one run at a time may use it, see `locked`.

    Args:
        out: the folder; it is created if it is missing.
        homework: the homework that the results belong to.

    Raises:
        HomeworkError: the folder holds results of another homework, one of its subfolders is a link or a
            file, or something in it cannot be written.
    """

    def __init__(self, out: Path, homework: Homework) -> None:
        self._out = out
        self._homework = homework
        self._journal = Journal(out / JOURNAL)
        try:
            content = self._journal.read()
            self._before, self._unreadable = content.results, content.unreadable
            self._last = dict(content.results)
            self._refuse_other_homework()
            out.mkdir(mode=0o700, parents=True, exist_ok=True)
            _try_to_write(out)
            for name in (_LOGS, PICTURES, FEEDBACK):
                make_folder(out / name)
                _try_to_write(out / name)
            if self.journal.exists():
                os.close(open_to_append(self.journal))
            self._remove_half_written()
        except OSError as error:
            raise HomeworkError(
                f"Expected --out to be a folder to write in, with folders of its own. Received: {error}"
            ) from error

    @property
    def before(self) -> Mapping[str, SubmissionResult]:
        """The last result of each student from earlier runs."""
        return self._before

    @property
    def journal(self) -> Path:
        """The file with one line per result."""
        return self._journal.path

    @property
    def grader_log(self) -> Path:
        """The file to which the output of the slots is appended; for staff."""
        return self._out / _LOGS / "_grader.txt"

    def add(self, graded: Graded) -> bool:
        """Keep a result with its log and pictures; they replace those of an earlier grading.

        Returns:
            Whether the result was computed in this run. That a submission cannot be read is not new if an
            earlier run said so.
        """
        rejected = graded.result.status is SubmissionStatus.REJECTED
        repeated = (graded.known or rejected) and self._is_last(graded.result)
        name = file_name(graded.result.student)
        if repeated and self._is_whole(name, graded):
            return False
        if not repeated:
            self._journal.add(graded.result)
            self._last[graded.result.student] = graded.result
        log = plain(graded.log, _MAX_LOG, lines=True)  # without terminal control sequences
        (self._out / _LOGS / f"{name}.txt").write_text(log, encoding="utf-8")
        replace_pictures(self._out / PICTURES / name, graded.pictures)
        return not (graded.known or repeated)

    def _is_last(self, result: SubmissionResult) -> bool:
        """Return whether the record holds this result already, whenever it was written."""
        before = self._before.get(result.student)
        return before is not None and replace(result, graded_at=before.graded_at) == before

    def _is_whole(self, name: str, graded: Graded) -> bool:
        """Return whether a result's log and pictures are in the folder; somebody may have removed them."""
        files = [self._out / PICTURES / name / picture for picture in graded.pictures]
        return all(path.is_file() for path in (self._out / _LOGS / f"{name}.txt", *files))

    def publish(self, students: Sequence[str]) -> Published:
        """Write all reports and exports.

        Args:
            students: all students of the class, in the order of the reports.
        """
        results = [self._last[student] for student in students if student in self._last]
        when = datetime.now(UTC)
        for write in WRITERS:
            write(results, self._homework, self._out, when)
        before = self._before
        changes = [change_of(before[one.student], one) for one in results if one.student in before]
        return Published(results, self._unreadable, tuple(filter(None, changes)))

    def _remove_half_written(self) -> None:
        """Remove what runs that were killed were writing. Deeper folders belong to others."""
        folders = [self._out / name for name in (_LOGS, PICTURES, FEEDBACK)]
        for folder in (self._out, *folders, *(self._out / PICTURES).glob("*/")):
            for path in folder.glob(".*"):
                if _HALF_WRITTEN.fullmatch(path.name) and path.is_file():
                    path.unlink(missing_ok=True)

    def _refuse_other_homework(self) -> None:
        """Refuse a folder with the reports of another homework, which would be overwritten."""
        if others := {result.homework for result in self._before.values()} - {self._homework.name}:
            raise HomeworkError(
                f"Expected --out to be a folder for {self._homework.name} alone. "
                f"Received: {self._out}, which holds results of {', '.join(sorted(others))}. "
                "Give each homework a folder of its own."
            )


def _try_to_write(folder: Path) -> None:
    """Write a file into a folder and remove it; raise `OSError` if that does not work."""
    with tempfile.NamedTemporaryFile(dir=folder, prefix=_TRY) as file:
        file.write(b"0")


@dataclass(frozen=True, slots=True)
class Published:
    """The results of a class that the reports contain.

    Attributes:
        results: the last result of each student who has one, in the class's order.
        unreadable: a sentence about each line of ``results.jsonl`` that is ignored.
        changes: a line for each student whose points or verdicts changed in this run.
    """

    results: list[SubmissionResult]
    unreadable: tuple[str, ...]
    changes: tuple[str, ...]


def refuse_out(out: Path, submissions: Path) -> None:
    """Refuse to write results where submissions are read: the next run would read them as a submission.

    Args:
        out: the folder for results.
        submissions: the folder of submissions.

    Raises:
        HomeworkError: ``out`` is the folder of submissions or lies in it, or is a file.
    """
    if os.path.lexists(out) and not out.is_dir():
        raise HomeworkError(f"Expected --out to be a folder. Received: {out}, which is none.")
    if out.resolve().is_relative_to(submissions.resolve()):
        raise HomeworkError(f"Expected --out outside the folder of submissions. Received: {out}")
