"""The journal of results: append-only, one line per submission. A kill damages at most the last line."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from autograder._files import open_to_append
from autograder.result import SubmissionResult


@dataclass(frozen=True, slots=True)
class JournalContent:
    """What a journal holds.

    Attributes:
        results: student → their last result.
        unreadable: a sentence for staff about each line that cannot be read and is ignored.
    """

    results: dict[str, SubmissionResult]
    unreadable: tuple[str, ...]


class Journal:
    """The file ``results.jsonl``.

    Args:
        path: the file; it is created when the first result is added.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, result: SubmissionResult) -> None:
        """Append one result in one write, and wait until it is on the disk.

        Raises:
            OSError: the file cannot be written.
        """
        line = (result.to_json() + "\n").encode("utf-8", "replace")
        handle = open_to_append(self.path)
        try:
            if os.fstat(handle).st_size and _last_byte(handle) != b"\n":
                line = b"\n" + line  # a killed run left half a line: begin a new one
            while line:  # a full disk takes a part; the next write then raises
                line = line[os.write(handle, line) :]
            os.fsync(handle)
        finally:
            os.close(handle)

    def read(self) -> JournalContent:
        """Return the last result of each student, and what could not be read."""
        results: dict[str, SubmissionResult] = {}
        unreadable = []
        content = self.path.read_bytes() if self.path.exists() else b""
        # Split bytes at b"\n" only: messages may hold other line ends, and half a line half a character.
        for number, line in enumerate(content.split(b"\n"), start=1):
            if line:
                try:
                    result = SubmissionResult.from_json(line.decode())
                except (ValueError, RecursionError) as error:
                    unreadable.append(self._unreadable(number, error))
                else:
                    results[result.student] = result
        return JournalContent(results, tuple(unreadable))

    def _unreadable(self, number: int, error: Exception) -> str:
        """Return a sentence that names the ignored line and says what to do."""
        why = str(error)[:200].rstrip(".")
        if isinstance(error, json.JSONDecodeError | RecursionError):
            why = "it is not the JSON of a result"
        return (
            f"Line {number} of {self.path} cannot be read and does not count: {why}. "
            "A run that was killed may have left half a line; grade that student again."
        )


def _last_byte(handle: int) -> bytes:
    """Return the last byte of an open file that is not empty."""
    os.lseek(handle, -1, os.SEEK_END)
    return os.read(handle, 1)
