"""Replies that are kept by what their calls can reach, and not by the whole files.

Editing one function then runs only the jobs that can reach it. This is for code whose author does not want to
deceive it: a student's own practice, and a course's known solutions in a self-test. Grading never uses it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from autograder.known.reach import Source, source_of
from autograder.known.replies import StoredReplies
from autograder.sandbox.protocol import Call, Missing, Outcome, Raised, Setup, Step
from autograder.sandbox.runner import Job, Reply, Runner
from autograder.store import Store


def fine_replies(
    runner: Runner, store: Store, context: str, *, measure: float = 1.0, read: bool = True
) -> Runner:
    """Return a runner that runs a job only if something changed that it can reach.

    A reply that depends on other parts of the files, such as a line number in a message, is used only while
    the files are exactly the same.

    Args:
        runner: runs the other jobs.
        store: keeps the replies.
        context: what replies depend on beside the job.
        measure: the measure of this machine, see `StoredReplies`.
        read: whether known replies are used; new ones are kept in any case.
    """

    def in_these_files(reply: Reply) -> Reply | None:
        return None if anywhere(reply) else reply

    by_file = StoredReplies(
        runner, store, f"{context} files", measure=measure, read=read, keep=in_these_files
    )
    return StoredReplies(
        by_file, store, f"{context} reach", measure=measure, read=read, key=reach_key, keep=anywhere
    )


def called_functions(steps: Iterable[Step]) -> tuple[str, ...]:
    """Return the names of the student's functions that steps call, each once, in their order."""
    return tuple(dict.fromkeys(step.function for step in steps if isinstance(step, Call)))


def source_of_job(setup: Setup) -> Source:
    """Return the source of a worker's files."""
    return source_of(tuple(sorted(setup.files.items())))


def reach_key(job: Job) -> str:
    """Return what a job's reply depends on; a worker's files count only as far as its calls reach them."""
    if not isinstance(job.request, Setup):
        return job.work
    reached = source_of_job(job.request).reach(job.request.module, called_functions(job.steps))
    return replace(job, request=replace(job.request, files={"": reached.digest})).work


def anywhere(reply: Reply) -> Reply | None:
    """Return a reply as it would be if the same code stood elsewhere in the file; None if that is unknown.

    The messages of exceptions name lines, and a function that is missing is answered with the names of all
    others. The log may show lines too; nobody reads it in practice, so it is left out.
    """
    outcomes = [_without_line(outcome) for outcome in reply.outcomes]
    if any(isinstance(outcome, Raised | Missing) and not _is_stub(outcome) for outcome in outcomes):
        return None
    return replace(reply, outcomes=outcomes, log="")


def _is_stub(outcome: Outcome) -> bool:
    """Return whether a function is not written yet: the message about it names no line."""
    return isinstance(outcome, Raised) and outcome.not_implemented


def _without_line(outcome: Outcome) -> Outcome:
    """Return the outcome of a stub without its line."""
    return replace(outcome, line=None) if isinstance(outcome, Raised) and _is_stub(outcome) else outcome
