"""Grade a class on this machine: one slot a core, one submission a slot."""

from __future__ import annotations

import queue
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Final

from autograder.engines.slot_process import SlotLost, SlotProcess
from autograder.grading.grade import Graded, lost
from autograder.grading.slot import SlotSetting
from autograder.homework import Homework
from autograder.submission import Entry

_TRIES: Final = 2


class LocalEngine:
    """Grades submissions in parallel on this machine.

    Args:
        homework: whose checks run.
        setting: what the slots need to know.
        jobs: how many slots.
        log: file that takes what the slots print; for staff.
    """

    def __init__(self, homework: Homework, setting: SlotSetting, jobs: int, log: Path) -> None:
        self._homework = homework
        self._setting = setting
        self._jobs = jobs
        self._log = log
        self._idle: queue.SimpleQueue[SlotProcess | None] = queue.SimpleQueue()
        self._slots: list[SlotProcess] = []
        self._closing = False

    def grade(self, entries: Sequence[Entry]) -> Iterator[Graded]:
        """Grade all entries; yield each when it is done. Leaving the loop early ends all slots."""
        jobs = min(self._jobs, len(entries))
        for _ in range(jobs):
            self._idle.put(None)  # a slot starts when it is first needed
        pool = ThreadPoolExecutor(jobs)
        try:
            for done in as_completed([pool.submit(self._grade_one, entry) for entry in entries]):
                yield done.result()
        finally:
            self._closing = True
            pool.shutdown(wait=False, cancel_futures=True)
            for slot in self._slots:
                slot.close()

    def _grade_one(self, entry: Entry) -> Graded:
        """Grade one entry in an idle slot; a lost slot is replaced, and the entry tried once more."""
        slot = self._idle.get()
        reason = ""
        try:
            for _ in range(_TRIES):
                try:
                    slot = slot or self._start()
                    return slot.grade(entry)
                except SlotLost as error:
                    reason, slot = str(error), None
            return Graded(lost(entry, self._homework, reason))
        finally:
            self._idle.put(slot)

    def _start(self) -> SlotProcess:
        """Start a slot, and remember to end it."""
        if self._closing:
            raise SlotLost("Grading was stopped.")
        slot = SlotProcess(self._setting, self._log)
        self._slots.append(slot)
        return slot
