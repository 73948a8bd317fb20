"""One process answers many requests; what one network does to it costs no other request."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from jail_jobs import eventually, worker_job
from scripted_evaluator import OUT_OF_MEMORY, ScriptedHost, end, kill, request, value

from autograder.sandbox.evaluators import SharedEvaluator
from autograder.sandbox.limits import MEGABYTE, Limits
from autograder.sandbox.protocol import Raised, Returned
from autograder.sandbox.runner import EndKind

COUNT = """
for number, request in enumerate(requests()):
    send(Returned(number, [process, number]))
"""
FAILS_AFTER_ANOTHER = """
for number, request in enumerate(requests()):
    if number == 0 or {fails}:
        send(Returned(number, process))
    else:
        {how}
"""


@pytest.fixture
def opened(request: pytest.FixtureRequest) -> Iterator[tuple[ScriptedHost, SharedEvaluator]]:
    host = ScriptedHost(request.param)
    with SharedEvaluator(host) as shared:
        yield host, shared


Opened = tuple[ScriptedHost, SharedEvaluator]


def script(code: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("opened", [code], indirect=True)


@script(COUNT)
def test_one_process_answers_all_requests(opened: Opened) -> None:
    host, shared = opened
    assert [value(shared.run(request())) for _ in range(3)] == [[0, 0], [0, 1], [0, 2]]
    assert len(host.processes) == 1
    shared.close()
    assert host.processes[0].returncode is not None


@script(COUNT)
def test_no_request_starts_no_process(opened: Opened) -> None:
    host, shared = opened
    job = worker_job("")
    shared.run(job)
    assert (host.workers, host.processes) == ([job], [])


@script(COUNT)
def test_a_reply_is_that_of_a_fresh_process(opened: Opened) -> None:
    """The number of a request in its process is no part of the reply."""
    _, shared = opened
    replies = [shared.run(request()) for _ in range(2)]
    assert [reply.outcomes[0].step for reply in replies] == [0, 0]
    assert [end(reply) for reply in replies] == [EndKind.EXITED] * 2


@script(COUNT)
def test_an_evaluator_that_ended_idle_is_replaced(opened: Opened) -> None:
    host, shared = opened
    shared.run(request())
    kill(host)
    assert eventually(lambda: host.processes[0].returncode is not None)
    assert value(shared.run(request())) == [1, 0]


@script(COUNT)
def test_other_limits_get_another_process(opened: Opened) -> None:
    _, shared = opened
    shared.run(request())
    assert value(shared.run(request(limits=Limits(cpu_seconds=6)))) == [1, 0]


@script("for number, request in enumerate(requests()): send(Returned(number, np.zeros(40 << 20, 'u1')))")
def test_each_answer_has_the_whole_size_limit(opened: Opened) -> None:
    _, shared = opened
    assert [value(shared.run(request())).nbytes for _ in range(3)] == [40 * MEGABYTE] * 3


@script("""
for number, request in enumerate(requests()):
    send(Returned(number, [len(request.inputs), float(request.inputs[-1])]))
""")
def test_large_requests_arrive_whole(opened: Opened) -> None:
    _, shared = opened
    sizes = (3, 4_000_000, 2)
    assert [value(shared.run(request(size=size))) for size in sizes] == [[size, size - 1] for size in sizes]


@script("""
for number, request in enumerate(requests()):
    if request.config["config"]["name"] == "crash":
        os.abort()
    send(Returned(number, process))
""")
def test_a_crash_costs_its_request_only(opened: Opened) -> None:
    """The request is tried once more in a fresh process, because the ones before may be the cause."""
    host, shared = opened
    assert value(shared.run(request())) == 0
    broken = shared.run(request("crash"))
    assert (broken.outcomes, end(broken)) == ([], EndKind.SIGNAL)
    assert value(shared.run(request())) == 2
    assert len(host.processes) == 3


@pytest.mark.parametrize(
    "how",
    [
        f"os._exit({OUT_OF_MEMORY})",
        "os.abort()",
        "os._exit(0)",
        "send(Raised(number, 'ResourceExhaustedError', ''))",
    ],
)
def test_neighbours_cost_no_request(how: str) -> None:
    host = ScriptedHost(FAILS_AFTER_ANOTHER.format(fails="False", how=how))
    with SharedEvaluator(host) as shared:
        assert [value(shared.run(request())) for _ in range(3)] == [0, 1, 2]


def test_a_second_failure_is_the_networks_own() -> None:
    host = ScriptedHost("for number, request in enumerate(requests()): send(Raised(number, 'E', 'text'))")
    with SharedEvaluator(host) as shared:
        replies = [shared.run(request()) for _ in range(2)]
    assert [reply.outcomes for reply in replies] == [[Raised(0, "E", "text")]] * 2
    assert len(host.processes) == 2


@script("""
for number, request in enumerate(requests()):
    if request.config["config"]["name"] == "slow":
        time.sleep(60)
    send(Returned(number, process))
""")
def test_a_request_without_answer_is_stopped(opened: Opened) -> None:
    host, shared = opened
    started = time.monotonic()
    reply = shared.run(request("slow", limits=Limits(cpu_seconds=1, idle_seconds=2)))
    assert (reply.outcomes, end(reply)) == ([], EndKind.IDLE)
    assert 2 <= time.monotonic() - started < 30
    assert value(shared.run(request())) == 1
    assert len(host.processes) == 2


@script("""
for number, request in enumerate(requests()):
    if request.config["config"]["name"] == "loud":
        while True: os.write(1, bytes(1 << 16))
    print(request.config["config"]["name"], flush=True)
    send(Returned(number, process))
""")
def test_a_log_belongs_to_its_request(opened: Opened) -> None:
    _, shared = opened
    assert [shared.run(request(name)).log for name in ("first", "second")] == ["first\n", "second\n"]
    assert end(shared.run(request("loud"))) is EndKind.FLOOD
    assert shared.run(request("third")).log == "third\n"


@script("""
for number, request in enumerate(requests()):
    until = time.process_time() + 0.2
    while time.process_time() < until: pass
    send(Returned(number, time.process_time()))
""")
def test_the_kernel_says_what_a_request_used(opened: Opened) -> None:
    _, shared = opened
    used, claims = [], []
    for _ in range(4):
        reply = shared.run(request())
        assert reply.ending is not None
        used.append(reply.ending.cpu_seconds)
        claims.append(value(reply))
    assert sum(used) == pytest.approx(claims[-1], abs=0.1)
    assert all(0.2 <= seconds < 0.4 for seconds in used[1:])


# An evaluator that a network has taken over


@script("""
for number, request in enumerate(requests()):
    send(Returned(number, process))
    send(Returned(number + 1, "forged"))
""")
def test_no_answer_comes_before_its_request(opened: Opened) -> None:
    """What is written unasked is never the answer to a later request: the process is replaced."""
    _, shared = opened
    for _ in range(3):
        reply = shared.run(request())
        assert reply.outcomes in ([Returned(0, 0)], [Returned(0, 1)], [Returned(0, 2)])
        time.sleep(0.1)


@script("""
for number, request in enumerate(requests()):
    send(Returned(number + 1, "forged"))
""")
def test_an_answer_to_another_request_is_refused(opened: Opened) -> None:
    _, shared = opened
    reply = shared.run(request())
    assert (reply.outcomes, reply.malformed) == ([], "a message out of turn")


POISON = """
poisoned = False
for number, request in enumerate(requests()):
    poisoned = poisoned or request.config["config"]["name"] == "poison"
    send(Returned(number, "forged" if poisoned else "honest"))
"""


def test_a_takeover_reaches_no_other_process() -> None:
    host = ScriptedHost(POISON)
    with SharedEvaluator(host) as theirs, SharedEvaluator(host) as ours:
        assert value(ours.run(request("judge"))) == "honest"
        assert value(theirs.run(request("poison"))) == "forged"
        assert value(theirs.run(request("judge"))) == "forged"  # why they must not share a process
        assert value(ours.run(request("judge"))) == "honest"
    assert len(host.processes) == 2
