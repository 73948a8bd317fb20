"""The journal of results: append-only, one line a submission, safe against being killed at any moment."""

from __future__ import annotations

import os
from pathlib import Path

from autograder.result import SubmissionResult


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

    def read(self) -> dict[str, SubmissionResult]:
        """Return the last complete result of each student; lines that are none are passed over."""
        results: dict[str, SubmissionResult] = {}
        if not self.path.exists():
            return results
        # Only b"\n" ends a line here: messages may hold other line ends, and half a line half a character.
        for line in self.path.read_bytes().split(b"\n"):
            try:
                result = SubmissionResult.from_json(line.decode())
            except (ValueError, RecursionError):
                continue
            results[result.student] = result
        return results
