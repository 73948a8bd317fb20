"""How a process spends its time: a false clock and a false view of the process."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from autograder.sandbox.limits import Limits
from autograder.sandbox.pace import Pace
from autograder.sandbox.process_view import ProcessView
from autograder.sandbox.processes import cpu_seconds_of_process

LIMITS = Limits(cpu_seconds=60, idle_seconds=10)


class Process:
    """A process that uses and waits so many seconds in each second."""

    def __init__(self, cpu: float, waited: float = 0.0, *, threads: int = 1, stolen: float = 0.0) -> None:
        self.cpu, self.waited, self.threads, self.stolen_share = cpu, waited, threads, stolen
        self.now = 100.0
        self.says_waits = True

    def cpu_seconds(self) -> float:
        return self.cpu * self.now

    def waits(self) -> dict[int, float] | None:
        return dict.fromkeys(range(self.threads), self.waited * self.now) if self.says_waits else None

    def stolen(self) -> dict[bytes, float]:
        return {b"cpu0": self.stolen_share * self.now, b"cpu1": 0.0}

    def clock(self) -> float:
        return self.now

    def ends_after(self, *steps: float, most: float = 1000.0) -> float:
        """Return after how many seconds it is over; infinity if it never is."""
        pace, started = Pace(self, LIMITS, self.clock), self.now
        repeated: Iterator[float] = itertools.cycle(steps or (0.25,))
        while self.now < started + most:
            self.now += next(repeated)
            if pace.is_over():
                return self.now - started
        return float("inf")


@pytest.mark.parametrize(
    ("cpu", "waited", "seconds"),
    [
        (0.0, 0.0, 10.0),  # sleeps
        (0.001, 0.0, 10.0),  # wakes up to see that nothing happened
        (0.007, 0.0, 20.1),  # dozes
        (0.2, 0.0, 25.0),  # sleeps most of the time
        (0.5, 0.0, 122.0),  # sleeps half of the time
        (1.0, 0.0, 61.0),  # computes: its limit, however the kernel counts ticks
        (4.0, 0.0, 15.25),  # in four threads
        (0.1, 0.9, 610.0),  # waits for a core nearly all the time
        (0.02, 0.98, float("inf")),
    ],
)
def test_what_a_process_may_do(cpu: float, waited: float, seconds: float) -> None:
    """It may do nothing for 10 seconds at a stretch, and for 20 in all; and compute for 60.

    After longer computing it may do nothing for as long.
    """
    assert Process(cpu, waited).ends_after() == pytest.approx(seconds, abs=1.5)


def test_many_threads_do_not_hide_idleness() -> None:
    """Sixty of them wait a tenth of the time each, and compute nearly nothing."""
    assert Process(0.01, 0.1, threads=60).ends_after() == pytest.approx(20 / 0.79, abs=1.5)


def test_two_threads_may_take_turns_in_waiting() -> None:
    """As a training in a pool of threads does for which the first thread waits."""
    assert Process(0.3, 0.35, threads=2).ends_after() == pytest.approx(61 / 0.3, abs=1.5)


def test_what_the_host_takes_is_not_idle() -> None:
    """Four tenths of each second go to other virtual machines."""
    assert Process(0.6, stolen=0.4).ends_after() == pytest.approx(61 / 0.6, abs=1.5)


@pytest.mark.parametrize("stolen", [0.03, 0.5])
@pytest.mark.parametrize(("cpu", "seconds"), [(0.0, 10), (0.011, 20)])
def test_a_busy_host_hides_no_sleeper(cpu: float, seconds: float, stolen: float) -> None:
    """Nor one that computes a little once in a while."""
    assert Process(cpu, stolen=stolen).ends_after() == pytest.approx(
        seconds / (1 - stolen * (cpu > 0)), abs=2
    )


class Phases(Process):
    """A process that does something else after some seconds."""

    def __init__(
        self, first: tuple[float, float, int], then: tuple[float, float], *, seconds: float = 20
    ) -> None:
        self.seconds = seconds
        super().__init__(first[0], first[1], threads=first[2])
        self.first, self.then, self.started = first, then, self.now

    def _sum(self, index: int) -> float:
        before = min(self.now - self.started, self.seconds)
        return self.first[index] * before + self.then[index] * (self.now - self.started - before)

    def cpu_seconds(self) -> float:
        return self._sum(0)

    def waits(self) -> dict[int, float]:
        return dict.fromkeys(range(self.threads), self._sum(1))


@pytest.mark.parametrize(("computes", "ends"), [(20, 20 + 20), (59, 59 + 59)])
def test_a_long_training_may_stall(computes: float, ends: float) -> None:
    """As `tf.data` does at the end of an iteration; no longer than it has computed, and than a minute."""
    process = Phases((1.0, 0.0, 1), (0.0, 0.0), seconds=computes)
    assert process.ends_after() == pytest.approx(ends, abs=2)


def test_waiting_cannot_be_saved_for_later() -> None:
    """Two threads wait for half of the time each; then they sleep."""
    assert Phases((0.5, 0.5, 2), (0.0, 0.0)).ends_after() == pytest.approx(20 + 20, abs=3)


def test_a_burst_does_not_hide_that_it_waits() -> None:
    """Four threads compute with two cores; then the machine is busy."""
    assert Phases((2.0, 0.0, 4), (0.02, 0.98)).ends_after() == float("inf")


def test_a_pause_of_the_watcher_does_not_count() -> None:
    """As in a container that is paused for an hour, again and again: each pause counts as a second."""
    assert Process(0.0).ends_after(3600.0, most=1e6) == pytest.approx(10 * 3600)


def test_without_waits_a_job_may_take_longer() -> None:
    """The kernel may not say how long threads wait for a core."""
    process = Process(0.0)
    process.says_waits = False
    assert process.ends_after() == pytest.approx(3 * 60 + 10, abs=1)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
@pytest.mark.parametrize(
    ("ours", "theirs", "counts"),
    [
        ("SCHED_OTHER", "SCHED_OTHER", True),
        ("SCHED_OTHER", "SCHED_BATCH", False),
        ("SCHED_BATCH", "SCHED_BATCH", True),
    ],
)
def test_a_low_priority_is_compared_with_ours(
    monkeypatch: pytest.MonkeyPatch, ours: str, theirs: str, counts: bool
) -> None:
    """Who starts the whole command with ``chrt --batch`` gives its jobs a low priority, too."""
    policy = getattr(os, theirs)
    code = f"import os; os.sched_setscheduler(0, {policy}, os.sched_param(0)); print(flush=True); input()"
    words = [sys.executable, "-c", code]
    processes = os.open("/proc", os.O_RDONLY)
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        monkeypatch.setattr(os, "sched_getscheduler", lambda _: getattr(os, ours))
        view = ProcessView(process.pid, processes)
        assert view._wants_a_core(f"{process.pid}/task/{process.pid}") == counts
        process.kill()
    os.close(processes)


def test_a_process_that_has_ended_has_no_clock() -> None:
    """The clock of number -1 would be our own."""
    assert cpu_seconds_of_process(-1) is None
    assert ProcessView(-1, 0).cpu_seconds() == 0


def test_a_request_does_not_pay_for_earlier_time() -> None:
    """An evaluator has waited for it, perhaps for minutes."""
    process = Process(1.0, 5.0)
    process.now = 10_000.0
    assert process.ends_after(most=300) == pytest.approx(61, abs=1)
