"""Replies to jobs that were run before."""

from __future__ import annotations

from dataclasses import replace
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from autograder.known.digests import versions
from autograder.known.replies import (
    StoredReplies,
    _messages,
    context_of_replies,
    decode_reply,
    encode_reply,
)
from autograder.sandbox import wire
from autograder.sandbox.limits import Limits
from autograder.sandbox.protocol import Evaluate, Missing, Outcome, Raised, Refused, Reseed, Returned, Setup
from autograder.sandbox.refusals import Reason, Refusal
from autograder.sandbox.runner import Ending, EndKind, Job, Reply
from autograder.sandbox.tier import Tier
from autograder.store import Store

SETUP = Setup({"cnn.py": ""}, "cnn", 0)
JOB = Job(SETUP, Limits())
OUTCOMES: list[Outcome] = [
    Returned(-1),
    Returned(0, {"loss": [1.5, float("nan")], "weights": (np.arange(6.0).reshape(2, 3), "ö")}),
    Refused(1, Refusal(Reason.MODEL_OUTPUTS, 3)),
    Missing(2, ("conv2d",)),
    Raised(3, "ValueError", "bad", 12, "conv2d"),
]


class Counting:
    """Gives the same reply to each job, and counts them."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        self.jobs = 0

    def run(self, job: Job) -> Reply:
        self.jobs += 1
        return self.reply


def ended(kind: EndKind = EndKind.EXITED, seconds: float = 2.0) -> Ending:
    return Ending(kind, 0, seconds, 3.0, 1000)


def stored(tmp_path: Path, runner: Counting, context: str = "", **options: float) -> StoredReplies:
    return StoredReplies(runner, Store(tmp_path, bytes(32)), context, **options)  # type: ignore[arg-type]


def test_a_reply_is_read_as_it_was_written() -> None:
    reply = Reply(OUTCOMES, ended(), "a log\n")
    again, measure = decode_reply(encode_reply(reply, 1.25))
    assert measure == 1.25
    assert (again.ending, again.log, again.outcomes[2:]) == (reply.ending, reply.log, OUTCOMES[2:])
    assert isinstance(again.outcomes[1], Returned)
    array = again.outcomes[1].value["weights"][0]
    assert array.tobytes() == np.arange(6.0).tobytes()
    assert array.shape == (2, 3)


@pytest.mark.parametrize("content", [b"", b"x", b"\xff" * 40, encode_reply(Reply([], ended()), 1.0)[:-1]])
def test_other_content_is_no_reply(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"message|nothing|no reply"):
        decode_reply(content)


def test_equal_jobs_are_run_once(tmp_path: Path) -> None:
    """Also in another process, and with other limits."""
    runner = Counting(Reply(list(OUTCOMES), ended()))
    first = stored(tmp_path, runner).run(JOB)
    second = stored(tmp_path, runner).run(Job(SETUP, Limits(cpu_seconds=77)))
    assert runner.jobs == 1
    assert second.outcomes[2:] == first.outcomes[2:]


def test_other_jobs_and_contexts_are_run(tmp_path: Path) -> None:
    runner = Counting(Reply([], ended()))
    stored(tmp_path, runner, "a").run(JOB)
    stored(tmp_path, runner, "b").run(JOB)
    stored(tmp_path, runner, "a").run(Job(SETUP, Limits(), (Reseed(1),)))
    assert runner.jobs == 3


def test_what_cannot_be_written_is_not_kept(tmp_path: Path) -> None:
    """A hostile process may send what our own side never would; that must not end the grading."""
    deep: object = []
    for _ in range(99):
        deep = [deep]
    runner = Counting(Reply([Returned(-1, deep)], ended()))
    for _ in range(2):
        assert stored(tmp_path, runner).run(JOB) is runner.reply
    assert runner.jobs == 2


def test_networks_of_others_are_run_again(tmp_path: Path) -> None:
    """Code that is the same is not: only a network's process answers several requests."""
    runner = Counting(Reply([Returned(0, {})], ended()))
    network = Job(Evaluate({}, [], None, layers=False), Limits())
    for owner in ("ada", "bob", "ada", ""):
        replies = StoredReplies(runner, Store(tmp_path, bytes(32)), "", owner=owner)
        replies.run(network)
        replies.run(JOB)
    assert runner.jobs == 3 + 1


@pytest.mark.parametrize(
    "reply",
    [
        *(Reply([], ended(kind)) for kind in EndKind if kind is not EndKind.EXITED),
        Reply([], None),
        Reply([], ended(), malformed="a message out of turn"),
        Reply([Raised(0, "MemoryError", "", out_of_memory=True)], ended()),
    ],
)
def test_what_a_limit_ended_is_not_kept(tmp_path: Path, reply: Reply) -> None:
    runner = Counting(reply)
    for _ in range(2):
        assert stored(tmp_path, runner).run(JOB) is reply
    assert runner.jobs == 2


@pytest.mark.parametrize("outcomes", [[Raised(0, "MemoryError", "")], [Raised(0, "KeyError", "x")], []])
def test_an_evaluator_that_failed_is_asked_again(tmp_path: Path, outcomes: list[Outcome]) -> None:
    """Its failure is the machine's, or ours; once that is mended, it answers."""
    runner = Counting(Reply(outcomes, ended()))
    network = Job(Evaluate({}, [], None, layers=False), Limits())
    for _ in range(2):
        stored(tmp_path, runner).run(network)
    assert runner.jobs == 2


def test_known_replies_cost_what_they_cost(tmp_path: Path) -> None:
    """Their processor seconds are converted to those of this machine."""
    runner = Counting(Reply([], ended(seconds=2.0)))
    stored(tmp_path, runner, measure=1.0).run(JOB)
    reply = stored(tmp_path, runner, measure=2.0).run(JOB)
    assert reply.ending is not None
    assert reply.ending.cpu_seconds == 4.0
    assert runner.jobs == 1


def test_a_reply_beyond_the_limit_is_not_used(tmp_path: Path) -> None:
    """Whether code is out of time does not depend on the store: the job is run with today's limit."""
    runner = Counting(Reply([], ended(seconds=2.0)))
    stored(tmp_path, runner).run(JOB)
    stored(tmp_path, runner).run(Job(SETUP, Limits(cpu_seconds=1)))
    assert runner.jobs == 2
    stored(tmp_path, runner).run(Job(SETUP, Limits(memory=999)))
    assert runner.jobs == 3


def test_a_damaged_reply_is_computed_anew(tmp_path: Path) -> None:
    runner = Counting(Reply([], ended()))
    stored(tmp_path, runner).run(JOB)
    [path] = tmp_path.glob("*/*")
    path.write_bytes(b"poison")
    store = Store(tmp_path, bytes(32))
    StoredReplies(runner, store, "").run(JOB)
    assert runner.jobs == 2
    assert len(store.warnings) == 1


def test_an_old_reply_costs_its_processor_time(tmp_path: Path) -> None:
    """It does not say how long its job waited for a core, and was measured otherwise."""
    reply = Reply([], replace(ended(), cpu_seconds=2.0, wall_seconds=60.0))
    first, *rest = _messages(encode_reply(reply, 1.0))
    about = wire.decode(first)
    about["speed"] = about.pop("measure")
    del about["ending"]["waited_seconds"]
    read, measure = decode_reply(b"".join([wire.encode(about), *map(bytes, rest)]))
    assert measure is None
    assert read.ending is not None
    assert (read.ending.cpu_seconds, read.ending.wall_seconds - read.ending.waited_seconds) == (2.0, 0.0)


def test_fresh_replies_are_kept_and_not_read(tmp_path: Path) -> None:
    runner = Counting(Reply([], ended()))
    for _ in range(2):
        StoredReplies(runner, Store(tmp_path, bytes(32)), "", read=False).run(JOB)
    assert runner.jobs == 2
    stored(tmp_path, runner).run(JOB)
    assert runner.jobs == 2


def test_the_context_names_tier_and_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Code of students may import any package that is installed, such as SciPy."""
    here = context_of_replies(Tier.NONE)
    assert here != context_of_replies(Tier.LANDLOCK)
    more = SimpleNamespace(name="scipy", version="99.0")
    installed = [*metadata.distributions(), more]
    monkeypatch.setattr(metadata, "distributions", lambda: installed)
    versions.cache_clear()
    try:
        assert here != context_of_replies(Tier.NONE)
    finally:
        versions.cache_clear()
