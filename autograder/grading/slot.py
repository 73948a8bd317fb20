"""The far side of a slot: one process that tries submissions one after another.

Started as ``python -I -B -m autograder.grading.slot`` by `autograder.grading.local`, which writes the plan,
then a line for each submission, and reads a line of answer for each. The slot keeps a warm zygote and forks
itself for each submission, so that grading one leaves nothing behind for the next, and a fault in it costs
nobody else a grade. It tries each submission once: what is tried again, the pool decides.
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
from autograder.grading.graded import Broken, encode_answer
from autograder.grading.plan import Plan
from autograder.grading.submission import grade
from autograder.homework import Homework
from autograder.sandbox.client import Zygote, ZygoteError
from autograder.sandbox.processes import end_with_parent
from autograder.sandbox.reply_cache import ReplyCache
from autograder.sandbox.visible import VisiblePaths
from autograder.submission import Entry
from autograder.untrusted import plain

_MAX_REASON: Final = 2000
_MAX_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class Workplace:
    """What the slots of one machine share during a run.

    Attributes:
        replies: folder for what the reference returned.
        scratch: folder for the folders of jobs, at tiers that need one.
        group: a delegated control group; empty where there is none.
    """

    replies: str
    scratch: str
    group: str


def main() -> None:
    """Answer submissions until standard input ends."""
    end_with_parent()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints on this side must not be taken for an answer
    requests = sys.stdin.buffer
    plan, workplace = pickle.load(requests)  # noqa: S301 - from the process that started this one
    slot = _Slot(plan, workplace)
    for line in iter(requests.readline, b""):
        request = json.loads(line)
        entry = Entry(request["student"], tuple(Path(path) for path in request["paths"]))
        answers.write(slot.answer(entry) + b"\n")
        answers.flush()
    slot.close()


class _Slot:
    """Tries entries with a zygote that it replaces after a fault."""

    def __init__(self, plan: Plan, workplace: Workplace) -> None:
        self._plan = plan
        self._workplace = workplace
        datasets.load(plan.homework.dataset)  # once here, shared by every fork
        self._zygote: Zygote | None = None

    def answer(self, entry: Entry) -> bytes:
        """Try one entry; return the answer as a line."""
        try:
            return self._in_a_fork(entry)
        except (_GradingBrokeError, ZygoteError) as error:
            self.close()
            because = plain(str(error), _MAX_REASON)
            # For staff, in logs/_grader.txt: one line, whatever stands in a name or an exception's text.
            sys.stderr.write(f"{plain(entry.student, _MAX_NAME)}: {because}\n")
            return encode_answer(Broken(because))

    def close(self) -> None:
        """End the zygote."""
        if self._zygote is not None:
            self._zygote.close()
            self._zygote = None

    def _in_a_fork(self, entry: Entry) -> bytes:
        """Grade in a child process and return its answer unread: the near side reads it, once.

        Raises:
            ZygoteError: the sandbox does not start.
            _GradingBrokeError: the child gave up, was too slow, or gave no answer.
        """
        zygote = self._living_zygote()
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            end_with_parent()
            os.close(read)
            self._grade_and_exit(entry, zygote, write)
        os.close(write)
        try:
            content = _read_until(read, time.monotonic() + _patience(self._plan.homework))
        except TimeoutError:
            os.kill(child, signal.SIGKILL)
            content = b"Grading took longer than all its limits together allow."
        finally:
            os.close(read)
            _, status = os.waitpid(child, 0)
        if (code := os.waitstatus_to_exitcode(status)) != 0:
            text = content.decode(errors="replace") or f"Grading ended without an answer (exit code {code})."
            raise _GradingBrokeError(text)
        return content

    def _living_zygote(self) -> Zygote:
        """Return the warm process; start one where there is none."""
        if self._zygote is None:
            visible = VisiblePaths.for_this_python(list(self._plan.hidden))
            group = Path(self._workplace.group) if self._workplace.group else None
            self._zygote = Zygote(visible, self._plan.tier, scratch=self._workplace.scratch, group=group)
        return self._zygote

    def _grade_and_exit(self, entry: Entry, zygote: Zygote, write: int) -> NoReturn:
        """In the child: write the answer and end with 0, or write what went wrong and end with 1."""
        code = 0
        try:
            reference = ReplyCache(zygote, Path(self._workplace.replies))
            answer = encode_answer(grade(self._plan, entry, zygote, reference))
        except BaseException as error:  # noqa: BLE001 - whatever it was, staff have to hear of it
            answer, code = f"{type(error).__name__}: {error}".encode("utf-8", "backslashreplace"), 1
        with os.fdopen(write, "wb") as pipe:
            pipe.write(answer)
        os._exit(code)


class _GradingBrokeError(RuntimeError):
    """Grading broke on our side; the message says why."""


def _read_until(descriptor: int, deadline: float) -> bytes:
    """Read all that a child writes.

    Raises:
        TimeoutError: it is not done at the deadline.
    """
    content = bytearray()
    while (left := deadline - time.monotonic()) > 0:
        if not select.select([descriptor], [], [], left)[0]:
            continue
        chunk = os.read(descriptor, 1 << 20)
        if not chunk:
            return bytes(content)
        content += chunk
    raise TimeoutError


def _patience(homework: Homework) -> float:
    """Return seconds after which grading one submission must have ended, even if all its jobs hang."""
    limits = homework.limits
    return 60 + 3 * (limits.training_cpu_seconds + 2 * limits.cpu_seconds * len(homework.checks))


if __name__ == "__main__":
    main()
