"""Replies to jobs that were run before: a runner that asks a store first.

Only replies that would be the same on every run are kept: those of processes that ended by themselves. What a
limit or a signal ended says something about this machine today, not about the code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from typing import Any, Final

from autograder.sandbox import protocol, wire
from autograder.sandbox.runner import Ending, EndKind, Job, Reply, Runner
from autograder.store import Store

_KIND: Final = "reply"


class StoredReplies:
    """A runner that runs only jobs whose reply is not known.

    Limits are not part of the question: a known reply is used if its process would have kept today's limit on
    processor time.

    Args:
        runner: runs the other jobs.
        store: keeps replies.
        context: what replies depend on beside the job: the tier, the versions of libraries and of this
            package, and for evaluators whose networks they run.
        speed: the processor seconds that a fixed piece of work takes on this machine now. Processor seconds
            of known replies are converted by it.
        read: whether known replies are used; new ones are kept in any case.
        key: job → what its reply is kept under; the whole work of the job if it is None.
        keep: reply → the reply that is kept in its place; None to keep none.

    Attributes:
        known: number of jobs that were not run, because their replies were known.
    """

    def __init__(  # noqa: PLR0913 - what a course and a student's folder need
        self,
        runner: Runner,
        store: Store,
        context: str,
        *,
        speed: float = 1.0,
        read: bool = True,
        key: Callable[[Job], str] | None = None,
        keep: Callable[[Reply], Reply | None] = lambda reply: reply,
    ) -> None:
        self._runner = runner
        self._store = store
        self._context = context
        self._speed = speed
        self._read = read
        self._key = key or (lambda job: job.work)
        self._keep = keep
        self.known = 0

    def run(self, job: Job) -> Reply:
        """Return the known reply to an equal job, or run the job and keep its reply."""
        key = f"{self._context}\0{self._key(job)}"
        reply = self._known(key) if self._read else None
        if reply is not None and _within(reply, job):
            self.known += 1
            return reply
        reply = self._runner.run(job)
        if is_repeatable(reply) and (kept := self._keep(reply)) is not None:
            self._store.put(_KIND, key, encode_reply(kept, self._speed))
        return reply

    def _known(self, key: str) -> Reply | None:
        """Return a known reply with the processor seconds that it would cost on this machine."""
        if (content := self._store.get(_KIND, key)) is None:
            return None
        try:
            reply, speed = decode_reply(content)
        except ValueError as error:
            self._store.discard(_KIND, key, str(error))
            return None
        if reply.ending is not None:
            seconds = reply.ending.cpu_seconds * self._speed / speed
            reply.ending = replace(reply.ending, cpu_seconds=seconds)
        return reply


def _within(reply: Reply, job: Job) -> bool:
    """Return whether a known reply cost no more processor time than the job may use."""
    return reply.ending is not None and reply.ending.cpu_seconds <= job.limits.cpu_seconds


def is_repeatable(reply: Reply) -> bool:
    """Return whether every run of the same job would give this reply."""
    return (
        reply.ending is not None
        and reply.ending.kind is EndKind.EXITED
        and reply.malformed is None
        and not any(isinstance(one, protocol.Raised) and one.out_of_memory for one in reply.outcomes)
    )


def encode_reply(reply: Reply, speed: float) -> bytes:
    """Return a reply as messages of the wire format: one about the process, then its outcomes.

    Args:
        reply: the reply to a job; `is_repeatable` holds for it.
        speed: the machine's measure, see `StoredReplies`.
    """
    assert reply.ending is not None
    about = {
        "ending": asdict(reply.ending) | {"kind": str(reply.ending.kind)},
        "log": reply.log.encode("utf-8", "replace").decode(),
        "start_seconds": reply.start_seconds,
        "speed": speed,
    }
    messages = [about, *map(protocol.outcome_message, reply.outcomes)]
    return b"".join(map(wire.encode, messages))


def decode_reply(content: bytes) -> tuple[Reply, float]:
    """Read what `encode_reply` wrote.

    Returns:
        The reply, and the measure of the machine on which its job ran.

    Raises:
        ValueError: the content is something else.
    """
    first, *others = map(wire.decode, _messages(content))
    try:
        ending = Ending(**(first["ending"] | {"kind": EndKind(first["ending"]["kind"])}))
        outcomes = [protocol.outcome_from(one, one["step"]) for one in others]
        reply = Reply(outcomes, ending, str(first["log"]), None, float(first["start_seconds"]))
        speed = float(first["speed"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"no reply: {error!r}") from error
    if not speed > 0:
        raise ValueError("a machine without speed")
    return reply, speed


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
