"""The near side of a slot: start its process, hand it submissions, notice when it is lost."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Final

from autograder.grading.grade import Graded
from autograder.grading.slot import SlotSetting
from autograder.submission import Entry

_PASSED_ON: Final = ("HOME", "KERAS_HOME", "AUTOGRADER_MNIST", "TMPDIR", "LANG")


class SlotLost(RuntimeError):  # noqa: N818 - names what happened
    """The slot's process ended before it answered, or its answer cannot be used."""


class SlotProcess:
    """A slot's process.

    Args:
        setting: what it needs to know.
        log: file that takes what it prints; for staff.
    """

    def __init__(self, setting: SlotSetting, log: Path) -> None:
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-B", "-m", "autograder.grading.slot"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=environment
                | {"PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
                start_new_session=True,  # a Ctrl-C at the terminal is for the command, which ends its slots
                text=True,
            )
        self._send(asdict(setting))

    def grade(self, entry: Entry) -> Graded:
        """Grade one submission.

        Raises:
            SlotLost: the process ended first, or gave an answer that cannot be used.
        """
        self._send({"student": entry.student, "paths": [str(path.absolute()) for path in entry.paths]})
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.endswith("\n"):
            raise SlotLost(f"The grading process ended (exit code {self._process.wait()}).")
        try:
            return Graded.from_record(json.loads(line))
        except ValueError as error:
            self.close()
            raise SlotLost(f"The grading process gave an answer that cannot be used: {error}") from error

    def _send(self, record: dict[str, object]) -> None:
        """Write one line to the slot."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(record) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise SlotLost(f"The grading process ended (exit code {self._process.wait()}).") from error

    def close(self) -> None:
        """End the process; its zygote and every job end with it."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
