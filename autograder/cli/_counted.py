"""Progress of a run over many items: how many are done, and about how long the rest takes."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from autograder.result import SubmissionResult

_LINE_SECONDS: Final = 30.0
_FEW_SECONDS: Final = 10


class TimeLeft:
    """Estimates how long the rest takes: the time so far, times the work left, over the work done.

    The time before the first item began, in which TensorFlow starts, does not count.

    Args:
        work: name of each item → how much work it is, in any unit.
        clock: returns the time in seconds.
    """

    def __init__(self, work: Mapping[str, float], clock: Callable[[], float]) -> None:
        self._work = dict(work)
        self._clock = clock
        self._started = clock()
        self._done = 0.0

    def finish(self, name: str, seconds: float = math.inf) -> None:
        """Count an item as done.

        Args:
            name: the item.
            seconds: how long it took; 0 if no work was necessary. The time counts from the last such item, as
                they come first.
        """
        work = self._work.pop(name, 0.0)
        if not self._done:
            self._started = max(self._started, self._clock() - seconds)
        if seconds:
            self._done += work

    def seconds(self) -> float | None:
        """Return the estimate in seconds; None before the first item that was work is done."""
        if not self._done:
            return None
        return (self._clock() - self._started) * sum(self._work.values()) / self._done


def seconds_of(result: SubmissionResult, since: str) -> float:
    """Return how long a run took, in seconds; 0 if its result was stored before this command.

    Args:
        result: its result.
        since: when the command began, as `autograder.result.time_now` says it.
    """
    return result.seconds if result.graded_at >= since else 0.0


def in_words(seconds: float | None) -> str:
    """Return ", about 14 min left" for an estimate; nothing for None or if nothing is left."""
    return f", {duration(seconds)} left" if seconds else ""


def duration(seconds: float) -> str:
    """Return a time in words, such as "about 14 min"."""
    if seconds < _FEW_SECONDS:
        return "a few seconds"
    if seconds < 100:
        return f"about {10 * round(seconds / 10)} s"
    minutes = round(seconds / 60)
    return f"about {minutes} min" if minutes < 100 else f"about {seconds / 3600:.1f} h"


@contextmanager
def counted(
    show: Console, what: str, work: Mapping[str, float], clock: Callable[[], float] = time.monotonic
) -> Iterator[Callable[[str, float], None]]:
    """Show progress; yield a function to call with the name of each item when it is done.

    Its second argument is how long the item took, in seconds; 0 if it was known. On a terminal there is a
    bar. Elsewhere, as in the log of a batch system, a line is printed every half minute, also while nothing
    ends.

    Args:
        show: the console.
        what: a description of the work.
        work: name of each item → how much work it is, in any unit.
        clock: returns the time in seconds.
    """
    left, total = TimeLeft(work, clock), len(work)
    if not show.is_terminal:
        with _Lines(show, what, total, left, clock).printed() as advance_lines:
            yield advance_lines
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        _LeftColumn(left),
    )
    with Progress(*columns, console=show, transient=True) as progress:
        task = progress.add_task(what, total=total)

        def advance(name: str, seconds: float) -> None:
            left.finish(name, seconds)
            progress.update(task, advance=1)

        yield advance


class _LeftColumn(ProgressColumn):
    """About how long the rest takes; it is drawn anew all the time, also while nothing ends."""

    def __init__(self, left: TimeLeft) -> None:
        super().__init__()
        self._left = left

    def render(self, task: Task) -> Text:  # noqa: ARG002 - it shows one task
        """Return the words."""
        return Text(in_words(self._left.seconds()).removeprefix(", "))


class _Lines:
    """Prints a line about the progress once in a while."""

    def __init__(
        self, show: Console, what: str, total: int, left: TimeLeft, clock: Callable[[], float]
    ) -> None:
        self._show, self._what, self._total, self._left, self._clock = show, what, total, left, clock
        self._done = 0
        self._printed = clock()
        self._lock = threading.Lock()
        self._ended = threading.Event()

    @contextmanager
    def printed(self) -> Iterator[Callable[[str, float], None]]:
        """Print lines meanwhile; yield the function that counts an item."""
        ticking = threading.Thread(target=self._tick, daemon=True)
        ticking.start()
        try:
            yield self._advance
        finally:
            self._ended.set()
            ticking.join()

    def _advance(self, name: str, seconds: float) -> None:
        """Count an item."""
        with self._lock:
            self._done += 1
            self._left.finish(name, seconds)
            self._print_if_due()

    def _tick(self) -> None:
        """Print lines also while nothing ends."""
        while not self._ended.wait(_LINE_SECONDS / 10):
            with self._lock:
                self._print_if_due()

    def _print_if_due(self) -> None:
        if self._clock() >= self._printed + _LINE_SECONDS:
            self._printed = self._clock()
            line = f"{self._what}: {self._done} of {self._total}{in_words(self._left.seconds())}"
            self._show.print(line, markup=False)
