"""Steps come one at a time: what a later one holds is not yet in the process that runs student code."""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np
import pytest
from jail_jobs import CONFINED, call, light_zygote, returned, worker_job

from autograder.sandbox.client import Zygote
from autograder.sandbox.delivery import Delivery
from autograder.sandbox.limits import Limits
from autograder.sandbox.protocol import Raised, Returned
from autograder.sandbox.runner import EndKind, Reply

FIRST, SECOND, THIRD = (f"marker-{number * 8}-step" for number in "123")
LARGE = np.ones(2_500_000)  # 20 MB: far more than a pipe holds
BRIEF = Limits(cpu_seconds=1)

FORGE = """
import os, sys, time
def claim(step, **fields):
    wire = sys.modules["autograder.sandbox.wire"]
    os.write(4, wire.encode({"step": step, "outcome": "returned", "value": None} | fields))
"""
# What matches is not the pattern itself, which lies in this memory too.
SEARCH = """
import gc, os, re
MARKER = re.compile(rb"marker-[0-9]{8}-step")

def in_memory():
    found = set()
    with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", buffering=0) as memory:
        for line in maps:
            addresses, rights = line.split()[:2]
            start, end = (int(address, 16) for address in addresses.split("-"))
            if rights.startswith("r"):
                try:
                    memory.seek(start)
                    found.update(MARKER.findall(memory.read(end - start)))
                except (OSError, ValueError, OverflowError):
                    continue
    return found

def in_objects():
    texts = [item for item in gc.get_objects() if isinstance(item, (list, tuple, dict))]
    return set(MARKER.findall(repr(texts).encode()))

def in_descriptors():
    found = set()
    for number in range(64):
        try:
            os.set_blocking(number, False)
            found.update(MARKER.findall(os.read(number, 1 << 20)))
        except OSError:
            continue
    return found

def search(*_):
    found = in_memory() | in_objects() | in_descriptors()
    os.set_blocking(3, True)
    return sorted(marker.decode() for marker in found)

at_import = search()
def seen_at_import(): return at_import
"""


@pytest.fixture(scope="module", params=CONFINED)
def zygote(request: pytest.FixtureRequest) -> Iterator[Zygote]:
    with light_zygote(tier=request.param) as started:
        yield started


def end(reply: Reply) -> EndKind:
    assert reply.ending is not None
    return reply.ending.kind


def test_later_steps_are_not_in_memory(zygote: Zygote) -> None:
    steps = call("search", FIRST), call("seen_at_import"), call("search", SECOND), call("search", THIRD)
    _, first, imported, second, _ = zygote.run(worker_job(SEARCH, *steps)).outcomes
    assert first == Returned(0, [FIRST])
    assert imported == Returned(1, [])
    assert isinstance(second, Returned)
    assert SECOND in second.value
    assert THIRD not in second.value


def test_the_descriptors_hold_no_later_step(zygote: Zygote) -> None:
    code = """
import os
def f(_):
    found = []
    for number in (3, 4, 5):
        try:
            os.set_blocking(number, False)
            found.append(os.read(number, 100))
        except OSError as error:
            found.append(type(error).__name__)
    os.set_blocking(3, True)
    return found
"""
    reply = zygote.run(worker_job(code, call("f", FIRST), call("f", SECOND)))
    assert [type(outcome) for outcome in reply.outcomes] == [Returned] * 3
    assert returned(reply) == ["BlockingIOError", "OSError", "OSError"]


def test_a_thread_that_reads_sees_one_step(zygote: Zygote) -> None:
    """It may take a step from the worker, which then waits in vain; it sees none before its time."""
    code = """
import os, threading, time
def steal():
    while True:
        print(os.read(3, 1 << 20), flush=True)
def f(_):
    threading.Thread(target=steal, daemon=True).start()
    time.sleep(0.2)
    return 1
"""
    steps = [call("f", marker) for marker in (FIRST, SECOND, THIRD)]
    reply = zygote.run(worker_job(code, *steps, limits=BRIEF))
    answered = len(reply.outcomes) - 1  # the import is no step
    assert 1 <= answered <= 3
    assert all(line.count("marker-") <= 1 for line in reply.log.splitlines())
    assert not [marker for marker in (FIRST, SECOND, THIRD)[answered + 1 :] if marker in reply.log]


def test_a_step_is_not_answered_before_it_is_sent(zygote: Zygote) -> None:
    code = f"{FORGE}\ndef f(*_):\n    claim(0)\n    claim(1)\n    time.sleep(60)"
    reply = zygote.run(worker_job(code, call("f"), call("f", LARGE)))
    assert reply.outcomes == [Returned(-1), Returned(0)]
    assert reply.malformed == "a message out of turn"
    assert end(reply) is EndKind.SIGNAL


def test_half_a_step_cannot_be_answered(zygote: Zygote) -> None:
    code = f"{FORGE}\ndef f(*_):\n    claim(0)\n    time.sleep(0.5)\n    claim(1)\n    time.sleep(60)"
    reply = zygote.run(worker_job(code, call("f"), call("f", LARGE)))
    assert reply.outcomes == [Returned(-1), Returned(0)]
    assert reply.malformed == "a message out of turn"


def test_a_worker_that_never_reads_is_stopped(zygote: Zygote) -> None:
    code = f"{FORGE}\ndef f(*_):\n    claim(0)\n    time.sleep(60)"
    reply = zygote.run(worker_job(code, call("f"), call("f", LARGE), limits=BRIEF))
    assert reply.outcomes == [Returned(-1), Returned(0)]
    assert end(reply) is EndKind.IDLE


def test_a_flood_while_a_step_waits_is_stopped(zygote: Zygote) -> None:
    code = f"{FORGE}\ndef f(*_):\n    claim(0)\n    while True: os.write(1, bytes(65536))"
    reply = zygote.run(worker_job(code, call("f"), call("f", LARGE)))
    assert end(reply) is EndKind.FLOOD


def test_a_worker_may_exit_while_a_step_waits(zygote: Zygote) -> None:
    code = f"{FORGE}\ndef f(*_):\n    claim(0)\n    time.sleep(0.3)\n    os._exit(5)"
    reply = zygote.run(worker_job(code, call("f"), call("f", LARGE), call("f")))
    assert reply.outcomes == [Returned(-1), Returned(0)]
    assert reply.ending is not None
    assert (reply.ending.kind, reply.ending.code, reply.malformed) == (EndKind.EXITED, 5, None)


@pytest.mark.parametrize("body", ["os.close(3)", "os.dup2(0, 3)", "os.dup2(0, 4)"])
def test_a_worker_that_closes_its_pipes_ends(zygote: Zygote, body: str) -> None:
    code = f"import os\ndef f():\n    {body}\n    return 1\ndef g(): return 2"
    reply = zygote.run(worker_job(code, call("f"), call("g"), call("g")))
    assert returned(reply) in (None, 1)
    assert (end(reply), reply.malformed) == (EndKind.EXITED, None)


def test_results_count_without_an_end_of_stream(zygote: Zygote) -> None:
    """A pipe that is held open for writing never ends."""
    code = """
import os
def f():
    try:
        os.open("/proc/self/fd/3", os.O_WRONLY)
    except OSError:
        pass
    return 1
def g(): return 2
"""
    reply = zygote.run(worker_job(code, call("f"), call("g"), limits=BRIEF))
    assert reply.outcomes == [Returned(-1), Returned(0, 1), Returned(1, 2)]
    assert end(reply) in (EndKind.EXITED, EndKind.IDLE)


def test_no_step_is_sent_where_the_import_failed(zygote: Zygote) -> None:
    failure = "outcome='raised', kind='E', message='', line=None, function='', not_implemented=False"
    code = (
        f"{FORGE}\nclaim(-1, {failure}, out_of_memory=False)\nprint('sent:', os.read(3, 1 << 20), flush=True)"
    )
    reply = zygote.run(worker_job(code, call("f", FIRST)))
    assert "sent: b''" in reply.log
    assert reply.outcomes == [Raised(-1, "E", "")]


def test_large_steps_arrive_whole(zygote: Zygote) -> None:
    code = "def f(x): return [x.shape, float(x.sum()), bool(x.flags.writeable)]"
    steps = [call("f", LARGE), call("f", LARGE * 2), call("f", np.zeros(0))]
    _, *outcomes = zygote.run(worker_job(code, *steps)).outcomes
    assert [outcome.value for outcome in outcomes if isinstance(outcome, Returned)] == [
        [(2_500_000,), 2_500_000, True],
        [(2_500_000,), 5_000_000, True],
        [(0,), 0, True],
    ]


def state(delivery: Delivery) -> tuple[bool, int | None]:
    return delivery.waiting is not None, delivery.due()


def test_writing_never_blocks() -> None:
    delivery = Delivery([bytes(4 << 20), b"next"], first_step=-1)
    delivery.next()
    assert state(delivery) == (True, None)
    while state(delivery) == (True, None):
        os.read(delivery.job_end, 1 << 20)
        delivery.write()
    assert state(delivery) == (False, -1)
    os.close(delivery.job_end)
    delivery.close()


def test_a_reader_that_is_gone_is_no_error() -> None:
    delivery = Delivery([bytes(4 << 20), b"next"], first_step=-1)
    delivery.next()
    os.close(delivery.job_end)
    for go_on in (delivery.write, delivery.next):
        go_on()
        assert state(delivery) == (False, None)


def test_a_message_is_sent_after_the_one_before() -> None:
    delivery = Delivery([b"first", b"second"], first_step=-1)
    assert delivery.due() is None
    for step, message in ((-1, b"first"), (0, b"second")):
        delivery.next()
        assert delivery.due() == step
        assert os.read(delivery.job_end, 100) == message
    delivery.next()
    assert delivery.due() is None
    assert os.read(delivery.job_end, 100) == b""
    os.close(delivery.job_end)


def test_the_order_of_steps_is_in_the_digest() -> None:
    one, other = call("f", 1), call("f", 2)
    code = "def f(x): return x"
    assert worker_job(code, one, other).digest != worker_job(code, other, one).digest
    assert worker_job(code, one).digest != worker_job(code, one, one).digest
