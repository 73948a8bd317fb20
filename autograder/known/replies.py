"""Replies to jobs that were run before: a runner that asks a store first.

Only replies that would be the same on every run are kept: those of processes that ended by themselves. What a
limit or a signal ended says something about this machine today, not about the code.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from typing import Any, Final

from autograder.known.digests import digest_of_code, versions
from autograder.sandbox import protocol, wire
from autograder.sandbox.runner import Ending, EndKind, Job, Reply, Runner
from autograder.sandbox.tier import Tier
from autograder.store import Store

_KIND: Final = "reply"
_OUTSIDE_THE_JOB: Final = tuple(
    f"sandbox/{name}.py"
    for name in (
        *("cgroup", "evaluator_streams", "evaluators", "pace", "process_view", "remedy"),
        *("runner", "scratch", "streams", "watchdog"),
    )
)


def context_of_replies(tier: Tier) -> str:
    """Return what every reply depends on beside its job.

    It covers the tier, the versions of Python and the libraries, and the only part of this package that runs
    in the process of a job: the sandbox, without the modules whose code does not run there. They can end a
    job, and then its reply is not kept.
    """
    return json.dumps((tier, versions(), digest_of_code(only=("sandbox/",), without=_OUTSIDE_THE_JOB)))


class StoredReplies:
    """A runner that runs only jobs whose reply is not known.

    Limits are not part of the question: a known reply is used if its process would have kept today's limits
    on processor time and memory.

    Args:
        runner: runs the other jobs.
        store: keeps replies.
        context: what replies depend on beside the job, see `context_of_replies`.
        owner: whose networks evaluators run. A network that takes over its process can change the replies to
            other networks of the same owner, and of nobody else.
        measure: the processor seconds that a fixed piece of work takes on this machine now. Processor seconds
            of known replies are converted by it.
        read: whether known replies are used; new ones are kept in any case.
        key: job → what its reply is kept under; the whole work of the job if it is None.
        keep: reply → the reply that is kept in its place; None to keep none.
    """

    def __init__(  # noqa: PLR0913 - what a reply is found by, and how it is converted
        self,
        runner: Runner,
        store: Store,
        context: str,
        *,
        owner: str = "",
        measure: float = 1.0,
        read: bool = True,
        key: Callable[[Job], str] | None = None,
        keep: Callable[[Reply], Reply | None] = lambda reply: reply,
    ) -> None:
        self._runner = runner
        self._store = store
        self._context = context
        self._owner = owner
        self._measure = measure
        self._read = read
        self._key = key or (lambda job: job.work)
        self._keep = keep

    def run(self, job: Job) -> Reply:
        """Return the known reply to an equal job, or run the job and keep its reply."""
        owner = self._owner if job.role == "evaluator" else ""
        key = json.dumps((self._context, owner, self._key(job)))
        reply = self._known(key) if self._read else None
        if reply is not None and _within(reply, job):
            return reply
        reply = self._runner.run(job)
        if _is_kept(reply, job) and (kept := self._keep(reply)) is not None:
            # A forged message may be one that can be decoded and not be encoded.
            with contextlib.suppress(ValueError, RecursionError):
                self._store.put(_KIND, key, encode_reply(kept, self._measure))
        return reply

    def _known(self, key: str) -> Reply | None:
        """Return a known reply with the seconds that it would take on this machine."""
        if (content := self._store.get(_KIND, key)) is None:
            return None
        try:
            reply, measure = decode_reply(content)
        except ValueError as error:
            self._store.discard(_KIND, key, str(error))
            return None
        if reply.ending is not None and measure is not None:
            ending, slower = reply.ending, self._measure / measure
            reply.ending = replace(
                ending,
                cpu_seconds=ending.cpu_seconds * slower,
                wall_seconds=ending.wall_seconds * slower,
                waited_seconds=ending.waited_seconds * slower,
            )
        return reply


def _within(reply: Reply, job: Job) -> bool:
    """Return whether a known reply cost no more processor time and memory than the job may use."""
    return (
        reply.ending is not None
        and reply.ending.cpu_seconds <= job.limits.cpu_seconds
        and reply.ending.peak_bytes <= job.limits.memory
    )


def _is_kept(reply: Reply, job: Job) -> bool:
    """Return whether a reply is kept; of an evaluator only an answer, no failure of a machine."""
    answers = (protocol.Returned, protocol.Refused)
    answered = len(reply.outcomes) == 1 and isinstance(reply.outcomes[0], answers)
    return is_repeatable(reply) and (job.role == "worker" or answered)


def is_repeatable(reply: Reply) -> bool:
    """Return whether every run of the same job would give this reply."""
    return (
        reply.ending is not None
        and reply.ending.kind is EndKind.EXITED
        and reply.malformed is None
        and not any(isinstance(one, protocol.Raised) and one.out_of_memory for one in reply.outcomes)
    )


def encode_reply(reply: Reply, measure: float) -> bytes:
    """Return a reply as messages of the wire format: one about the process, then its outcomes.

    Args:
        reply: the reply to a job; `is_repeatable` holds for it.
        measure: the machine's measure, see `StoredReplies`.

    Raises:
        ValueError: an outcome cannot be written, although it could be read.
    """
    assert reply.ending is not None
    about = {
        "ending": asdict(reply.ending) | {"kind": str(reply.ending.kind)},
        "log": reply.log.encode("utf-8", "replace").decode(),
        "start_seconds": reply.start_seconds,
        "measure": measure,
    }
    messages = [about, *map(protocol.outcome_message, reply.outcomes)]
    return b"".join(map(wire.encode, messages))


def decode_reply(content: bytes) -> tuple[Reply, float | None]:
    """Read what `encode_reply` wrote.

    Returns:
        The reply, and the measure of the machine on which its job ran; None if an earlier version wrote it,
        which measured otherwise.

    Raises:
        ValueError: the content is something else.
    """
    first, *others = map(wire.decode, _messages(content))
    try:
        ending = Ending(**(first["ending"] | {"kind": EndKind(first["ending"]["kind"])}))
        if "waited_seconds" not in first["ending"]:  # an earlier version did not know
            ending = replace(ending, waited_seconds=ending.wall_seconds)
        outcomes = [protocol.outcome_from(one, one["step"]) for one in others]
        reply = Reply(outcomes, ending, str(first["log"]), None, float(first["start_seconds"]))
        measure = float(first["measure"]) if "measure" in first else None
    except (KeyError, TypeError) as error:
        raise ValueError(f"no reply: {error!r}") from error
    if measure is not None and not measure > 0:
        raise ValueError("Expected a positive measure of the machine.")
    return reply, measure


def _messages(content: bytes) -> Iterator[Any]:
    """Split stored content into messages.

    Raises:
        ValueError: the content breaks off, or is empty.
    """
    left = memoryview(content)
    if not left:
        raise ValueError("nothing")
    while left:
        if len(left) < wire.PREFIX.size:
            raise ValueError("a message that breaks off")
        size = wire.PREFIX.size + sum(wire.PREFIX.unpack_from(left))
        if size > len(left):
            raise ValueError("a message that breaks off")
        yield left[:size]
        left = left[size:]
