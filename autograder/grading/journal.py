"""The journal of results: append-only, one line a submission, safe against being killed at any moment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from autograder.result import SubmissionResult


@dataclass(frozen=True, slots=True)
class JournalContent:
    """What a journal holds.

    Attributes:
        results: student → their last result.
        unreadable: a sentence for people about each line that cannot be read, and so does not count.
    """

    results: dict[str, SubmissionResult]
    unreadable: tuple[str, ...]


class Journal:
    """``results.jsonl``.

    Args:
        path: of the file; made when the first result is added.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, result: SubmissionResult) -> None:
        """Append one result in one write, and wait until it is on the disk."""
        line = (result.to_json() + "\n").encode("utf-8", "replace")
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            size = os.fstat(handle).st_size
            if size and os.pread(handle, 1, size - 1) != b"\n":
                line = b"\n" + line  # a killed run left half a line; it stays alone on its own
            while line:  # one write, unless the disk is full: then the next one says so
                line = line[os.write(handle, line) :]
            os.fsync(handle)
        finally:
            os.close(handle)

    def read(self) -> JournalContent:
        """Return the last result of each student, and what could not be read."""
        results: dict[str, SubmissionResult] = {}
        unreadable = []
        content = self.path.read_bytes() if self.path.exists() else b""
        # Only b"\n" ends a line here: messages may hold other line ends, and half a line half a character.
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
        """Say which line does not count, and what to do."""
        why = str(error) if isinstance(error, ValueError) else type(error).__name__
        return (
            f"Line {number} of {self.path} cannot be read and does not count: {why[:200]} "
            "A run that was killed may have left half a line; grade that student again."
        )
