"""The local engine: what happens when its slots die."""

from pathlib import Path

import pytest

from autograder.engines import local
from autograder.engines.local import LocalEngine
from autograder.engines.slot_process import SlotLost, SlotProcess
from autograder.grading.grade import Graded, lost
from autograder.grading.slot import SlotSetting
from autograder.homework import Course, Homework
from autograder.result import SubmissionStatus
from autograder.submission import Entry

SETTING = SlotSetting("", "cnn", "", "namespaces", (), "", "")


@pytest.fixture
def homework() -> Homework:
    return Course.find(Path(__file__)).homework("cnn")


class Slots:
    """Stands in for slot processes: those that grade a poisoned entry die."""

    def __init__(self, homework: Homework, deaths: dict[str, int]) -> None:
        self.homework = homework
        self.deaths = dict(deaths)
        self.started = 0
        self.closed = 0

    def __call__(self, *_: object) -> "Slots":
        self.started += 1
        return self

    def grade(self, entry: Entry) -> Graded:
        if self.deaths.get(entry.student, 0) > 0:
            self.deaths[entry.student] -= 1
            raise SlotLost("The grading process ended (exit code -9).")
        return Graded(lost(entry, self.homework, "graded by the stand-in"))

    def close(self) -> None:
        self.closed += 1


def grade(
    monkeypatch: pytest.MonkeyPatch, homework: Homework, deaths: dict[str, int], jobs: int = 2
) -> tuple[Slots, dict[str, str]]:
    slots = Slots(homework, deaths)
    monkeypatch.setattr(local, "SlotProcess", slots)
    entries = [Entry(f"s{number}", ()) for number in range(6)]
    engine = LocalEngine(homework, SETTING, jobs, Path("unused"))
    return slots, {graded.result.student: graded.result.reason for graded in engine.grade(entries)}


def test_every_entry_is_graded_once(monkeypatch: pytest.MonkeyPatch, homework: Homework) -> None:
    slots, reasons = grade(monkeypatch, homework, {})
    assert set(reasons) == {f"s{number}" for number in range(6)}
    assert set(reasons.values()) == {"graded by the stand-in"}
    assert 1 <= slots.started <= 2
    assert slots.closed == slots.started


def test_a_lost_slot_is_replaced_and_its_entry_tried_again(
    monkeypatch: pytest.MonkeyPatch, homework: Homework
) -> None:
    slots, reasons = grade(monkeypatch, homework, {"s2": 1}, jobs=1)
    assert set(reasons.values()) == {"graded by the stand-in"}
    assert slots.started == 2


def test_an_entry_that_kills_two_slots_goes_to_staff_and_costs_nobody_else(
    monkeypatch: pytest.MonkeyPatch, homework: Homework
) -> None:
    _, reasons = grade(monkeypatch, homework, {"s2": 2})
    assert reasons.pop("s2") == "The grading process ended (exit code -9)."
    assert set(reasons.values()) == {"graded by the stand-in"}
    record = lost(Entry("s2", ()), homework, "x")
    assert record.status is SubmissionStatus.NEEDS_STAFF
    assert record.score is None


@pytest.mark.parametrize("answer", ["{}", "garbage", '{"result": "{}", "log": "", "pictures": {}}'])
def test_a_slot_whose_answer_cannot_be_used_is_lost_and_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    program = tmp_path / "slot"
    program.write_text(f"#!/bin/sh\nread setting\nread entry\necho '{answer}'\nexec sleep 60\n")
    program.chmod(0o700)
    monkeypatch.setattr("sys.executable", str(program))
    slot = SlotProcess(SETTING, tmp_path / "log")
    with pytest.raises(SlotLost, match="gave an answer that cannot be used"):
        slot.grade(Entry("ada", ()))
    assert slot._process.returncode is not None
    slot.close()


def test_more_slots_than_entries_are_not_started(monkeypatch: pytest.MonkeyPatch, homework: Homework) -> None:
    slots, _ = grade(monkeypatch, homework, {}, jobs=50)
    assert slots.started <= 6
