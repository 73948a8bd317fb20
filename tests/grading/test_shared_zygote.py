"""The zygote of a run: it starts once for all slots, and again after a fault."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

import pytest
from fake_engine import plan_of

from autograder.grading import shared_zygote
from autograder.grading.shared_zygote import SharedZygote
from autograder.homework import SolvedHomework
from autograder.sandbox.zygote_client import ZygoteError


class FakeZygote:
    """Lends its number."""

    started: ClassVar[list[FakeZygote]] = []

    def __init__(self, *_: Any, on_start: Callable[[Any], None], **__: Any) -> None:
        self.alive, self.closed = True, False
        on_start(self)
        FakeZygote.started.append(self)

    def lend(self, to: socket.socket) -> bool:
        if self.alive:
            to.send(json.dumps(FakeZygote.started.index(self) + 1).encode())
        return self.alive

    def kill(self) -> None:
        self.alive = False

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch, homework: SolvedHomework) -> Iterator[SharedZygote]:
    monkeypatch.setattr(FakeZygote, "started", [])
    monkeypatch.setattr(shared_zygote, "Zygote", FakeZygote)
    with SharedZygote(plan_of(homework), "", "") as shared:
        yield shared
    assert all(zygote.closed for zygote in FakeZygote.started)


@pytest.fixture
def connection() -> Iterator[tuple[socket.socket, socket.socket]]:
    ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ends[0], ends[1]:
        yield ends


Connection = tuple[socket.socket, socket.socket]


def lent(shared: SharedZygote, connection: Connection, number: int = 0, *, broken: bool = False) -> int:
    """Return of which zygote a slot gets a copy, after it had one of another."""
    number = shared.lend(connection[0], number, broken=broken)
    assert json.loads(connection[1].recv(1000)) == number
    return number


def closed() -> list[bool]:
    return [zygote.closed for zygote in FakeZygote.started]


def test_all_slots_get_the_same(shared: SharedZygote, connection: Connection) -> None:
    assert [lent(shared, connection) for _ in range(3)] == [1, 1, 1]
    assert len(FakeZygote.started) == 1


def test_a_fault_elsewhere_needs_no_new_one(shared: SharedZygote, connection: Connection) -> None:
    assert [lent(shared, connection), lent(shared, connection, 1)] == [1, 1]


def test_a_broken_one_is_replaced_once(shared: SharedZygote, connection: Connection) -> None:
    """Two slots whose copies broke get the same new one. The first ends with the last copy of it."""
    for _ in range(3):
        lent(shared, connection)
    assert lent(shared, connection, 1, broken=True) == 2
    assert lent(shared, connection, 1, broken=True) == 2
    assert closed() == [False, False]
    shared.give_up(1)
    assert closed() == [True, False]


def test_many_faults_leave_no_zygotes(shared: SharedZygote, connection: Connection) -> None:
    number = lent(shared, connection)
    for _ in range(20):
        number = lent(shared, connection, number, broken=True)
    assert closed() == [True] * 20 + [False]


def test_one_that_has_ended_is_replaced(shared: SharedZygote, connection: Connection) -> None:
    lent(shared, connection)
    FakeZygote.started[0].kill()
    assert lent(shared, connection) == 2


@pytest.mark.parametrize(
    "error", [ZygoteError("no namespaces"), RuntimeError("a loop of links"), OSError(11)]
)
def test_a_start_that_fails_is_told_to_the_slot(
    shared: SharedZygote, connection: Connection, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(shared_zygote, "Zygote", refuse)
        assert shared.lend(connection[0], 0, broken=False) == 0
    assert str(error) in json.loads(connection[1].recv(1000))["error"]
    assert lent(shared, connection) == 1


def test_who_waits_for_a_start_that_fails_is_told(
    shared: SharedZygote, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every slot would otherwise try for two minutes, one after the other."""
    starts: list[int] = []

    def refuse(*_: Any, **__: Any) -> None:
        starts.append(1)
        time.sleep(0.5)
        raise ZygoteError("no namespaces")

    monkeypatch.setattr(shared_zygote, "Zygote", refuse)
    with ThreadPoolExecutor(4) as pool:
        numbers = list(pool.map(lambda _: shared.lend(connection[0], 0, broken=False), range(4)))
    assert (numbers, len(starts)) == ([0] * 4, 1)


def test_a_slot_that_has_ended_breaks_nothing(shared: SharedZygote, connection: Connection) -> None:
    gone = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    gone[1].close()
    with gone[0], pytest.raises(OSError):  # noqa: PT011 - what the system says does not matter
        shared.lend(gone[0], 0, broken=False)
    assert lent(shared, connection) == 1


def test_ctrl_c_ends_a_start(
    shared: SharedZygote, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start takes seconds, and up to two minutes."""
    started, killed = threading.Event(), threading.Event()

    class Slow(FakeZygote):
        def __init__(self, *_: Any, on_start: Callable[[Any], None], **__: Any) -> None:
            on_start(self)
            started.set()
            assert killed.wait(20)
            raise ZygoteError("The sandbox did not start: it ended without a message")

        def kill(self) -> None:
            killed.set()

    monkeypatch.setattr(shared_zygote, "Zygote", Slow)
    with ThreadPoolExecutor(1) as pool:
        with shared.until_stopped():
            waiting = pool.submit(shared.lend, connection[0], 0, broken=False)
            assert started.wait(20)
        assert waiting.result(20) == 0
    assert shared.lend(connection[0], 0, broken=False) == 0
    errors = [json.loads(connection[1].recv(1000))["error"] for _ in range(2)]
    assert errors == ["Grading was stopped."] * 2  # the log names no fault
