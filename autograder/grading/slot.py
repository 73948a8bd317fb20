"""A slot: one process that grades submissions one after another, as the engines' hands.

Started as ``python -I -B -m autograder.grading.slot``. Requests and answers are lines of JSON on standard
input and output. The slot keeps a warm zygote and forks itself for each submission, so that grading one
leaves nothing behind for the next, and a fault in it costs nobody else a grade.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from autograder import datasets
from autograder.calibration.certificate import CALIBRATION, read_certificate
from autograder.grading.grade import Desk, Graded, grade, lost
from autograder.homework import Course, Homework
from autograder.reports.text import plain
from autograder.sandbox.client import Zygote, ZygoteError
from autograder.sandbox.processes import end_with_parent as _die_with_parent
from autograder.sandbox.reply_cache import ReplyCache
from autograder.sandbox.tier import Tier
from autograder.sandbox.visible import VisiblePaths
from autograder.submission import Entry

_TRIES: Final = 2
_MAX_REASON: Final = 2000
_MAX_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class SlotSetting:
    """What a slot needs to know once.

    Attributes:
        course: the course's root folder.
        homework: name of the homework.
        secret: the course's secret, hexadecimal.
        tier: how student code is confined.
        hidden: folders that must not exist inside the jail.
        memory: folder for what the reference returned.
        calibration: a sentence for the results about the stochastic checks; empty without any.
        calibrating: stochastic checks to measure, and to judge none; nothing where grades are wanted.
        scratch: folder for the folders of jobs, at tiers that need one.
        group: a delegated control group; empty where there is none.
    """

    course: str
    homework: str
    secret: str
    tier: str
    hidden: tuple[str, ...]
    memory: str
    scratch: str
    group: str = ""
    calibration: str = ""
    calibrating: tuple[str, ...] = ()


def main() -> None:
    """Serve requests until standard input ends."""
    _die_with_parent()
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever prints on this side must not be taken for an answer
    setting = SlotSetting(**json.loads(sys.stdin.readline()))
    slot = _Slot(setting)
    for line in iter(sys.stdin.readline, ""):
        request = json.loads(line)
        entry = Entry(request["student"], tuple(Path(path) for path in request["paths"]))
        graded = slot.grade(entry)
        answers.write(json.dumps(graded.to_record()) + "\n")
        answers.flush()
    slot.close()


class _Slot:
    """Grades entries with a zygote that it replaces when it is lost."""

    def __init__(self, setting: SlotSetting) -> None:
        self._setting = setting
        self._homework = Course(Path(setting.course)).homework(setting.homework)
        assert self._homework.solution is not None
        self._reference = {
            name: (self._homework.solution / name).read_text(encoding="utf-8")
            for name in self._homework.files
        }
        datasets.load(self._homework.dataset)  # once here, shared by every fork
        known = setting.calibration and not setting.calibrating
        self._calibrated = read_certificate(self._homework.solution / CALIBRATION).checks if known else {}
        self._zygote: Zygote | None = None

    def grade(self, entry: Entry) -> Graded:
        """Grade one entry; never raises."""
        reason = ""
        for _ in range(_TRIES):
            try:
                return self._in_a_fork(entry)
            except _Broken as error:
                reason = plain(str(error), _MAX_REASON)
                # For staff, in logs/_grader.txt: one line, whatever stands in a name or an exception's text.
                sys.stderr.write(f"{plain(entry.student, _MAX_NAME)}: {reason}\n")
                self.close()
        return Graded(lost(entry, self._homework, reason))

    def close(self) -> None:
        """End the zygote."""
        if self._zygote is not None:
            self._zygote.close()
            self._zygote = None

    def _in_a_fork(self, entry: Entry) -> Graded:
        """Grade in a child process and read its answer."""
        try:
            desk = self._desk()
        except ZygoteError as error:
            raise _Broken(str(error)) from error
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            _die_with_parent()
            os.close(read)
            _answer(desk, entry, write)
        os.close(write)
        try:
            answer = _read_until(read, time.monotonic() + _patience(self._homework))
        finally:
            os.close(read)
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        if "broken" in answer:
            raise _Broken(answer["broken"])
        try:
            return Graded.from_record(answer)
        except ValueError as error:
            raise _Broken(str(error)) from error

    def _desk(self) -> Desk:
        """Return what grading needs, with a zygote that lives."""
        tier = Tier(self._setting.tier)
        if self._zygote is None:
            visible = VisiblePaths.for_this_python([Path(path) for path in self._setting.hidden])
            group = Path(self._setting.group) if self._setting.group else None
            self._zygote = Zygote(visible, tier, scratch=self._setting.scratch, group=group)
        return Desk(
            homework=self._homework,
            secret=bytes.fromhex(self._setting.secret),
            tier=tier,
            reference_files=self._reference,
            runner=self._zygote,
            reference_runner=ReplyCache(self._zygote, Path(self._setting.memory)),
            calibrated=self._calibrated,
            calibration=self._setting.calibration,
            calibrating=tuple(self._setting.calibrating),  # a list, since it came as JSON
        )


class _Broken(RuntimeError):  # noqa: N818 - names what happened
    """Grading broke on our side; try again with a fresh zygote."""


def _answer(desk: Desk, entry: Entry, write: int) -> None:
    """Grade, write the answer, end this process."""
    try:
        answer = grade(desk, entry).to_record()
    except BaseException as error:  # noqa: BLE001 - whatever it was, staff have to hear of it
        answer = {"broken": f"{type(error).__name__}: {error}"}
    with os.fdopen(write, "w") as pipe:
        pipe.write(json.dumps(answer))
    os._exit(0)


def _read_until(descriptor: int, deadline: float) -> dict[str, Any]:
    """Read a child's whole answer, or give up on it."""
    content = bytearray()
    while (left := deadline - time.monotonic()) > 0:
        if not select.select([descriptor], [], [], left)[0]:
            continue
        chunk = os.read(descriptor, 1 << 20)
        if not chunk:
            return json.loads(content) if content else {"broken": "Grading ended without an answer."}
        content += chunk
    return {"broken": "Grading took longer than all its limits together allow."}


def _patience(homework: Homework) -> float:
    """Return seconds after which grading one submission must have ended, even if all its jobs hang."""
    limits = homework.limits
    return 60 + 3 * (limits.training_cpu_seconds + 2 * limits.cpu_seconds * len(homework.checks))


if __name__ == "__main__":
    main()
