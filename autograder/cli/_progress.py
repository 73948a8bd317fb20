"""One line that says what runs now, and for how long."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.text import Text

from autograder.practice.lazy_runner import Tell

_IDLE = "Running the checks"


@contextmanager
def progress(show: Console) -> Iterator[Tell]:
    """Show what runs; yield a function to call with a description of it.

    On a terminal the line is updated all the time, and disappears at the end. Elsewhere each description
    is a line of its own.

    Args:
        show: the console; it has to write to a fixed file, because pytest's output is hidden meanwhile.
    """
    if show.is_terminal:
        line = _Line()
        with show.status(line):
            yield line.tell
    else:
        yield _Lines(show).tell


class _Line:
    """What runs, with the seconds since it began; drawn anew several times a second."""

    def __init__(self) -> None:
        self._doing, self._since = _IDLE, time.monotonic()

    def tell(self, doing: str) -> None:
        self._doing, self._since = doing or _IDLE, time.monotonic()

    def __rich__(self) -> Text:
        return Text(f"{self._doing}, {time.monotonic() - self._since:.0f} s")


class _Lines:
    """Prints each description once, until another one comes."""

    def __init__(self, show: Console) -> None:
        self._show = show
        self._last = ""

    def tell(self, doing: str) -> None:
        if doing not in ("", self._last):
            self._last = doing
            self._show.print(f"{doing} …", markup=False)
