"""The process of a slot, which grades one submission after another.

`autograder.grading.local` starts it as ``python -I -B -m autograder.grading.slot``. The parent writes the
plan and then a line for each submission, and reads one line as the answer to each. Before an answer the slot
may ask for a copy of the run's zygote, which it keeps. It forks itself for each submission. So grading one
submission leaves nothing behind for the next, and a fault in it does not affect other students' grades. A
slot tries each submission once; the pool decides about a retry.
"""

from __future__ import annotations

import json
import os
import pickle
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

from autograder import datasets
from autograder.grading.graded import Broken, Graded, encode_answer
from autograder.grading.plan import Plan
from autograder.grading.submission import Runners, allowance_of, grade
from autograder.homework import Homework
from autograder.known.fine_replies import fine_replies
from autograder.known.replies import StoredReplies, context_of_replies
from autograder.sandbox.evaluators import SharedEvaluator
from autograder.sandbox.limits import Limits
from autograder.sandbox.processes import end_with_parent
from autograder.sandbox.runner import Evaluator, EvaluatorHost, Job, Reply, Runner, RunnerError
from autograder.sandbox.zygote_client import BorrowedZygote
from autograder.store import Store
from autograder.submission import Entry, RejectedSubmission, UnclearSubmission, read_submission
from autograder.untrusted import plain

WANTS_ZYGOTE: Final = b"zygote\n"
"""A line in place of an answer: the slot waits for a copy of the zygote."""
WANTS_NEW_ZYGOTE: Final = b"new zygote\n"
"""The same, after a copy has failed."""
_MAX_REASON: Final = 2000
_MAX_NAME: Final = 200
_JOB_NEEDED: Final = 3
_RUNNER_FAILED: Final = 4
_BUSY: Final = 20
"""A run that is this many times slower than its limits means that the machine is too busy."""


@dataclass(frozen=True, slots=True)
class SlotSettings:
    """What the slots of one machine share during a run.

    Attributes:
        group: path of a delegated control group; empty without one.
        measure: the measure of this machine, see `autograder.known.speed`.
        run: a folder for what is known within this run only; empty without one.
    """

    group: str
    measure: float
    run: str = ""


def main() -> None:
    """Answer submissions until standard input ends."""
    end_with_parent()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # output of this process must not be read as an answer
    requests = sys.stdin.buffer
    plan, settings, number = pickle.load(requests)  # noqa: S301 - from the process that started this one
    connection = socket.socket(fileno=number)
    group = Path(settings.group) if settings.group else None

    def borrow(broken: bool) -> BorrowedZygote:
        answers.write(WANTS_NEW_ZYGOTE if broken else WANTS_ZYGOTE)
        answers.flush()
        return BorrowedZygote(connection, group)

    slot = _Slot(plan, settings, borrow)
    for line in iter(requests.readline, b""):
        request = json.loads(line)
        entry = Entry(
            request["student"], tuple(map(Path, request["paths"])), request["seeds"], request["homework"]
        )
        answers.write(slot.answer(entry) + b"\n")
        answers.flush()
    slot.close()


class _Slot:
    """Grades entries with a copy of the run's zygote, which is replaced after a fault.

    Args:
        plan: how to grade.
        settings: what the slots of this machine share.
        borrow: returns a copy of the zygote, and is told whether an earlier one has failed; raises
            `RunnerError` if there is none.
    """

    def __init__(self, plan: Plan, settings: SlotSettings, borrow: Callable[[bool], BorrowedZygote]) -> None:
        self._plan = plan
        self._settings = settings
        self._borrow = borrow
        self._context = context_of_replies(plan.tier)
        datasets.load(plan.homework.dataset)  # once here, shared by every fork
        self._zygote: BorrowedZygote | None = None
        self._zygote_failed = False

    def answer(self, entry: Entry) -> bytes:
        """Try one entry; return the answer as a line."""
        try:
            return self._grade_in_child(entry)
        except (_GradingBrokeError, RunnerError) as error:
            self.close()
            self._zygote_failed = isinstance(error, RunnerError)
            because = plain(str(error), _MAX_REASON)
            # For staff, in logs/_grader.txt: one line, whatever a name or an exception's text contains.
            sys.stderr.write(f"{plain(entry.student, _MAX_NAME)}: {because}\n")
            return encode_answer(Broken(because))

    def close(self) -> None:
        """End the copy of the zygote."""
        if self._zygote is not None:
            self._zygote.close()
            self._zygote = None

    def _grade_in_child(self, entry: Entry) -> bytes:
        """Grade in a child process, and return its answer undecoded; `SlotProcess` decodes and validates it.

        A zygote takes seconds to start, so it is wanted with the first job that has to be run. Where known
        replies are used, a first try finds out whether there is one.

        Raises:
            RunnerError: the sandbox does not start.
            _GradingBrokeError: the child failed, took too long, or gave no answer.
        """
        if self._zygote is None and self._plan.store is not None and self._plan.store.read:
            try:
                return self._fork(entry, _NoHost())
            except _JobNeededError:
                pass
        return self._fork(entry, self._running_zygote())

    def _fork(self, entry: Entry, host: EvaluatorHost) -> bytes:
        """Grade in a child process, see `_grade_in_child`.

        Raises:
            _JobNeededError: a job has to be run, and the host runs none.
        """
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(read)
            self._grade_and_exit(entry, host, write)
        os.close(write)
        try:
            content = _read_until(read, time.monotonic() + most_seconds(self._plan, self._settings.measure))
        except BaseException:
            os.kill(child, signal.SIGKILL)
            raise
        finally:
            os.close(read)
            _, status = os.waitpid(child, 0)
        if (code := os.waitstatus_to_exitcode(status)) == _JOB_NEEDED:
            raise _JobNeededError
        if code != 0:
            error = RunnerError if code == _RUNNER_FAILED else _GradingBrokeError
            text = content.decode(errors="replace") or f"Grading ended without an answer (exit code {code})."
            raise error(text)
        return content

    def _running_zygote(self) -> BorrowedZygote:
        """Return the copy of the zygote; borrow one if there is none.

        Raises:
            RunnerError: the sandbox does not start.
        """
        if self._zygote is None:
            self._zygote = self._borrow(self._zygote_failed)
            self._zygote_failed = False
        return self._zygote

    def _grade_and_exit(self, entry: Entry, host: EvaluatorHost, write: int) -> NoReturn:
        """In the child: write the answer and exit with 0, or write the error and exit with another code."""
        code = 1
        try:
            end_with_parent()
            with os.fdopen(write, "wb") as pipe:
                try:
                    pipe.write(encode_answer(self._grade(entry, host)))
                    code = 0
                except _JobNeededError:
                    code = _JOB_NEEDED
                except RunnerError as error:
                    code = _RUNNER_FAILED
                    pipe.write(_in_words(error))
                except BaseException as error:  # noqa: BLE001 - staff have to see every error
                    pipe.write(_in_words(error))
        finally:
            os._exit(code)  # whatever happened: the parent's loop must not go on in this process

    def _grade(self, entry: Entry, host: EvaluatorHost) -> Graded:
        """Grade an entry; run only jobs whose replies are not known."""
        plan = self._plan
        with SharedEvaluator(host) as theirs, SharedEvaluator(host) as ours:
            measure = self._settings.measure
            if plan.store is None:
                return grade(plan, entry, Runners(student=theirs, reference=ours), measure)
            store, read = plan.store.replies(), plan.store.read
            known: Runner
            if plan.store.shared:
                known = fine_replies(theirs, store, self._context, measure=measure, read=read)
            else:
                owner = f"{entry.student}\0{_digest_of_files(entry, plan.homework)}"
                known = StoredReplies(theirs, store, self._context, owner=owner, measure=measure, read=read)
            known_ours: Runner = StoredReplies(ours, store, self._context, measure=measure, read=read)
            if not read and self._settings.run:  # the reference's jobs, the same for all, run once in a run
                this_run = Store(Path(self._settings.run), plan.secret)
                known_ours = StoredReplies(known_ours, this_run, self._context, measure=measure)
            try:
                return grade(plan, entry, Runners(student=known, reference=known_ours), measure)
            finally:  # also if a job has to be run after all: what is damaged is found once
                sys.stderr.writelines(f"{sentence}\n" for sentence in store.warnings)  # for staff, in the log


def _in_words(error: BaseException) -> bytes:
    """Return what the parent is told about an error."""
    return f"{type(error).__name__}: {error}".encode("utf-8", "backslashreplace")


class _JobNeededError(RunnerError):
    """A job has to be run, and the zygote has not been started."""


class _NoHost:
    """Runs nothing."""

    def run(self, job: Job) -> Reply:  # noqa: ARG002 - no job is run
        """Say that a job has to be run."""
        raise _JobNeededError

    def open_evaluator(self, limits: Limits) -> Evaluator:  # noqa: ARG002 - no job is run
        """Say that a job has to be run."""
        raise _JobNeededError


class _GradingBrokeError(RuntimeError):
    """Grading failed because of a fault in the grader; the message says why."""


def _read_until(descriptor: int, deadline: float) -> bytes:
    """Read everything that a child writes.

    Raises:
        _GradingBrokeError: the child is not done at the deadline.
    """
    content = bytearray()
    while (left := deadline - time.monotonic()) > 0:
        if not select.select([descriptor], [], [], left)[0]:
            continue
        chunk = os.read(descriptor, 1 << 20)
        if not chunk:
            return bytes(content)
        content += chunk
    raise _GradingBrokeError("Grading took longer than all its limits together allow.")


def _digest_of_files(entry: Entry, homework: Homework) -> str:
    """Return the digest of a submission; empty if it cannot be read, for then no code of it is run."""
    try:
        return read_submission(entry, homework).digest
    except (RejectedSubmission, UnclearSubmission):
        return ""


def most_seconds(plan: Plan, measure: float) -> float:
    """Return the seconds within which one submission must be graded, even if it uses up all its time.

    Args:
        plan: how to grade.
        measure: the measure of this machine.
    """
    allowed = allowance_of(plan, measure)
    return 60 + _BUSY * (allowed.most_seconds + allowed.reference)


if __name__ == "__main__":
    main()
