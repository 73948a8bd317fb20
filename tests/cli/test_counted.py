"""The progress of a long run: what is left, in a terminal and without one."""

from __future__ import annotations

import io
import time

import numpy as np
import pytest
from rich.console import Console

from autograder.cli import _counted
from autograder.cli._counted import TimeLeft, counted, in_words, seconds_of
from autograder.result import SubmissionResult, SubmissionStatus


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_nothing_is_estimated_before_the_first(clock: Clock) -> None:
    left = TimeLeft({"ada": 1, "bob": 1}, clock)
    clock.now += 5
    assert left.seconds() is None


def test_the_rest_takes_as_long_as_before(clock: Clock) -> None:
    left = TimeLeft({"ada": 2, "bob": 2, "cid": 1}, clock)
    clock.now += 8
    left.finish("ada")
    assert left.seconds() == pytest.approx(12)
    clock.now += 8
    left.finish("bob")
    assert left.seconds() == pytest.approx(4)
    left.finish("cid")
    assert left.seconds() == 0


def test_known_items_do_not_change_the_estimate(clock: Clock) -> None:
    left = TimeLeft({"ada": 1, "bob": 1, "cid": 1}, clock)
    clock.now += 100
    left.finish("ada", 0)
    assert left.seconds() is None
    clock.now += 10
    left.finish("bob")
    assert left.seconds() == pytest.approx(10)


def test_the_start_is_not_work(clock: Clock) -> None:
    """TensorFlow starts before the first submission: ten seconds, as long as twenty small submissions."""
    left = TimeLeft({str(number): 1 for number in range(100)}, clock)
    clock.now += 10
    for number in range(10):
        clock.now += 0.5
        left.finish(str(number), 0.5)
    assert left.seconds() == pytest.approx(45)


@pytest.mark.parametrize(
    ("graded_at", "seconds"),
    [("2026-11-29T14:05:09+00:00", 0.0), ("2026-11-29T14:05:10+00:00", 7.5), ("", 0.0)],
)
def test_stored_results_took_no_time(graded_at: str, seconds: float) -> None:
    """A calibration that goes on gets its first results from the disk."""
    result = SubmissionResult(
        *("s", "dice", "", SubmissionStatus.GRADED, 2, 2), seconds=7.5, graded_at=graded_at
    )
    assert seconds_of(result, "2026-11-29T14:05:10+00:00") == seconds


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, ""),
        (0.0, ""),
        (0, ""),
        (3, ", a few seconds left"),
        (44, ", about 40 s left"),
        (14 * 60, ", about 14 min left"),
        (3 * 3600, ", about 3.0 h left"),
    ],
)
def test_times_are_rounded(seconds: float | None, words: str) -> None:
    assert in_words(seconds) == words


def test_without_a_terminal_there_are_lines(clock: Clock) -> None:
    output = io.StringIO()
    names = [f"s{number}" for number in range(10)]
    with counted(
        Console(file=output, width=200), "Grading dice", dict.fromkeys(names, 1.0), clock
    ) as advance:
        for name in names:
            clock.now += 16
            advance(name, 16)
    assert output.getvalue().splitlines() == [
        "Grading dice: 2 of 10, about 2 min left",
        "Grading dice: 4 of 10, about 100 s left",
        "Grading dice: 6 of 10, about 60 s left",
        "Grading dice: 8 of 10, about 30 s left",
        "Grading dice: 10 of 10",
    ]


def test_lines_come_also_while_nothing_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """One submission may take many minutes."""
    monkeypatch.setattr(_counted, "_LINE_SECONDS", 0.05)
    output = io.StringIO()
    with counted(Console(file=output, width=200), "Grading dice", {"ada": 1.0}):
        for _ in range(1000):
            if output.getvalue().count("\n") > 1:
                break
            time.sleep(0.01)
    assert set(output.getvalue().splitlines()) == {"Grading dice: 0 of 1"}


@pytest.mark.parametrize("earlier", [True, False], ids=["graded before", "new"])
@pytest.mark.parametrize("seed", range(20))
def test_the_estimate_is_right_within_two(clock: Clock, seed: int, earlier: bool) -> None:
    """After a tenth of a simulated class of 200, on two slots, also if nothing is known about anybody."""
    rng = np.random.default_rng(seed)
    seconds = rng.lognormal(3.5, 0.6, size=200)
    known = seconds * rng.uniform(0.7, 1.4, size=200) if earlier else np.ones(200)
    order = np.argsort(-known, kind="stable")
    slots, ends = [0.0, 0.0], []
    for student in order:
        slot = slots.index(min(slots))
        slots[slot] += seconds[student]
        ends.append((slots[slot], student))
    left, started = TimeLeft({str(student): known[student] for student in order}, clock), clock.now
    for end, student in sorted(ends)[:20]:
        clock.now = started + end
        left.finish(str(student), seconds[student])
    estimate = left.seconds()
    assert estimate is not None
    assert 0.5 < estimate / (max(slots) - (clock.now - started)) < 2


def test_a_terminal_shows_a_bar(clock: Clock) -> None:
    output = io.StringIO()
    show = Console(file=output, width=120, force_terminal=True)
    with counted(show, "Grading dice", {"ada": 1.0, "bob": 1.0}, clock) as advance:
        clock.now += 600
        advance("ada", 600)
    assert "1/2" in output.getvalue()
    assert "about 10 min left" in output.getvalue()
