"""The process of a slot, which grades one submission after another.

`autograder.grading.local` starts it as ``python -I -B -m autograder.grading.slot``. The parent writes the
plan and then a line for each submission, and reads one line as the answer to each. The slot keeps a zygote
and forks itself for each submission. So grading one submission leaves nothing behind for the next, and a
fault in it does not affect other students' grades. A slot tries each submission once; the pool decides about
a retry.
"""

from __future__ import annotations

import json
import os
import pickle
import select
import signal
import sys
import time
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
from autograder.sandbox.client import Zygote
from autograder.sandbox.evaluators import SharedEvaluator
from autograder.sandbox.limits import Limits
from autograder.sandbox.processes import end_with_parent
from autograder.sandbox.runner import Evaluator, EvaluatorHost, Job, Reply, Runner, RunnerError
from autograder.sandbox.visible import VisiblePaths
from autograder.submission import Entry, RejectedSubmission, UnclearSubmission, read_submission
from autograder.untrusted import plain

_MAX_REASON: Final = 2000
_MAX_NAME: Final = 200
_JOB_NEEDED: Final = 3
_BUSY: Final = 20
"""A run that is this many times slower than its limits means that the machine is too busy."""


@dataclass(frozen=True, slots=True)
class Workplace:
    """The folders and the control group that the slots of one machine share during a run.

    Attributes:
        scratch: folder that holds the jobs' folders, at tiers that need them.
        group: path of a delegated control group; empty without one.
        measure: the measure of this machine, see `autograder.known.speed`.
        run: a name of this run, which no other run has.
    """

    scratch: str
    group: str
    measure: float
    run: str = ""


def main() -> None:
    """Answer submissions until standard input ends."""
    end_with_parent()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # output of this process must not be read as an answer
    requests = sys.stdin.buffer
    plan, workplace = pickle.load(requests)  # noqa: S301 - from the process that started this one
    slot = _Slot(plan, workplace)
    for line in iter(requests.readline, b""):
        request = json.loads(line)
        entry = Entry(request["student"], tuple(map(Path, request["paths"])), request["seeds"])
        answers.write(slot.answer(entry) + b"\n")
        answers.flush()
    slot.close()


class _Slot:
    """Grades entries with a zygote, which is replaced after a fault."""

    def __init__(self, plan: Plan, workplace: Workplace) -> None:
        self._plan = plan
        self._workplace = workplace
        self._context = context_of_replies(plan.tier)
        datasets.load(plan.homework.dataset)  # once here, shared by every fork
        self._zygote: Zygote | None = None

    def answer(self, entry: Entry) -> bytes:
        """Try one entry; return the answer as a line."""
        try:
            return self._grade_in_child(entry)
        except (_GradingBrokeError, RunnerError) as error:
            self.close()
            because = plain(str(error), _MAX_REASON)
            # For staff, in logs/_grader.txt: one line, whatever a name or an exception's text contains.
            sys.stderr.write(f"{plain(entry.student, _MAX_NAME)}: {because}\n")
            return encode_answer(Broken(because))

    def close(self) -> None:
        """End the zygote."""
        if self._zygote is not None:
            self._zygote.close()
            self._zygote = None

    def _grade_in_child(self, entry: Entry) -> bytes:
        """Grade in a child process, and return its answer undecoded; `SlotProcess` decodes and validates it.

        The zygote takes seconds to start, so it starts with the first job that has to be run. Where known
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
            content = _read_until(read, time.monotonic() + most_seconds(self._plan, self._workplace.measure))
        except BaseException:
            os.kill(child, signal.SIGKILL)
            raise
        finally:
            os.close(read)
            _, status = os.waitpid(child, 0)
        if (code := os.waitstatus_to_exitcode(status)) == _JOB_NEEDED:
            raise _JobNeededError
        if code != 0:
            text = content.decode(errors="replace") or f"Grading ended without an answer (exit code {code})."
            raise _GradingBrokeError(text)
        return content

    def _running_zygote(self) -> Zygote:
        """Return the zygote; start one if none is running."""
        if self._zygote is None:
            visible = VisiblePaths.for_this_python(list(self._plan.hidden))
            group = Path(self._workplace.group) if self._workplace.group else None
            self._zygote = Zygote(visible, self._plan.tier, scratch=self._workplace.scratch, group=group)
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
                except BaseException as error:  # noqa: BLE001 - staff have to see every error
                    pipe.write(f"{type(error).__name__}: {error}".encode("utf-8", "backslashreplace"))
        finally:
            os._exit(code)  # whatever happened: the parent's loop must not go on in this process

    def _grade(self, entry: Entry, host: EvaluatorHost) -> Graded:
        """Grade an entry; run only jobs whose replies are not known."""
        plan = self._plan
        with SharedEvaluator(host) as theirs, SharedEvaluator(host) as ours:
            measure = self._workplace.measure
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
            if not read:  # the reference's jobs are the same for all: they run once in a run
                this_run = f"{self._context} run {self._workplace.run}"
                known_ours = StoredReplies(known_ours, store, this_run, measure=measure)
            try:
                return grade(plan, entry, Runners(student=known, reference=known_ours), measure)
            finally:  # also if a job has to be run after all: what is damaged is found once
                sys.stderr.writelines(f"{sentence}\n" for sentence in store.warnings)  # for staff, in the log


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
