"""The pool's retry, and the slots of this machine: what happens when they die."""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from fake_engine import FakeEngine, plan_of, three_points

from autograder.grading import local, pool
from autograder.grading.graded import Broken, Graded, encode_answer
from autograder.grading.local import LocalEngine, SlotProcess
from autograder.grading.shared_zygote import SharedZygote
from autograder.grading.slot import SlotSettings
from autograder.homework import SolvedHomework
from autograder.result import SubmissionStatus
from autograder.submission import Entry

ENTRIES = [Entry(f"s{number}", ()) for number in range(6)]
EVERYBODY = {entry.student for entry in ENTRIES}


class Deaths:
    """Answers everybody, but for those whose slots die so many times."""

    def __init__(self, **deaths: int) -> None:
        self._left = deaths

    def __call__(self, entry: Entry) -> Graded | Broken:
        if self._left.get(entry.student, 0) == 0:
            return three_points(entry)
        self._left[entry.student] -= 1
        return Broken("The grading process ended (exit code -9).")


def grade(homework: SolvedHomework, engine: pool.Engine) -> dict[str, tuple[SubmissionStatus, str]]:
    graded = list(pool.run(plan_of(homework), ENTRIES, engine))
    assert len(graded) == len(ENTRIES)
    return {one.result.student: (one.result.status, one.result.reason) for one in graded}


def test_every_entry_is_graded_once(homework: SolvedHomework) -> None:
    engine = FakeEngine()
    assert set(grade(homework, engine)) == EVERYBODY
    assert engine.passes == [[f"s{number}" for number in range(6)]]


def test_a_broken_submission_is_tried_again_last(homework: SolvedHomework) -> None:
    """The others are graded first."""
    engine = FakeEngine(Deaths(s2=1))
    assert set(grade(homework, engine).values()) == {(SubmissionStatus.GRADED, "")}
    assert engine.passes[1:] == [["s2"]]


def test_what_broke_twice_goes_to_staff(homework: SolvedHomework) -> None:
    """It costs nobody else a grade, and is tried no third time."""
    engine = FakeEngine(Deaths(s2=9))
    outcomes = grade(homework, engine)
    assert outcomes.pop("s2") == (
        SubmissionStatus.NEEDS_STAFF,
        "The grading process ended (exit code -9).",
    )
    assert set(outcomes.values()) == {(SubmissionStatus.GRADED, "")}
    assert engine.passes[1:] == [["s2"]]


def test_needs_staff_has_no_score(homework: SolvedHomework) -> None:
    graded = pool.run(plan_of(homework), ENTRIES[:1], FakeEngine(Deaths(s0=9)))
    assert [(one.result.score, one.result.max_score) for one in graded] == [(None, homework.max_score)]


def test_a_loop_that_is_left_ends_the_engine(homework: SolvedHomework) -> None:
    """Also when keeping a result raises: the traceback holds what was looped over."""
    engine = FakeEngine()

    def keep() -> None:
        with closing(pool.run(plan_of(homework), ENTRIES, engine)) as graded:
            for _ in graded:
                raise OSError("disk full")

    with pytest.raises(OSError, match="disk full") as kept:
        keep()
    assert engine.ended == 1, kept.traceback


# Slots of this machine


class Slots:
    """Stands in for slot processes."""

    def __init__(self, **deaths: int) -> None:
        self.answer = Deaths(**deaths)
        self.started: list[Slots.Slot] = []

    def __call__(self, *_: object) -> "Slots.Slot":
        self.started.append(Slots.Slot(self.answer))
        return self.started[-1]

    class Slot:
        def __init__(self, answer: Deaths) -> None:
            self.alive = True
            self.closed = False
            self._answer = answer

        def grade(self, entry: Entry) -> Graded | Broken:
            answer = self._answer(entry)
            self.alive = isinstance(answer, Graded)
            return answer

        def close(self) -> None:
            self.closed = True


def run_slots(
    monkeypatch: pytest.MonkeyPatch, homework: SolvedHomework, slots: Slots, jobs: int
) -> Sequence[tuple[Entry, Graded | Broken]]:
    monkeypatch.setattr(local, "SlotProcess", slots)
    return list(LocalEngine(jobs, Path("unused")).run(plan_of(homework), ENTRIES))


def test_slots_are_kept_and_closed_at_the_end(
    monkeypatch: pytest.MonkeyPatch, homework: SolvedHomework
) -> None:
    slots = Slots()
    answers = run_slots(monkeypatch, homework, slots, jobs=2)
    assert {entry.student for entry, _ in answers} == EVERYBODY
    assert 1 <= len(slots.started) <= 2
    assert all(slot.closed for slot in slots.started)


def test_a_lost_slot_is_replaced(monkeypatch: pytest.MonkeyPatch, homework: SolvedHomework) -> None:
    slots = Slots(s2=1)
    answers = run_slots(monkeypatch, homework, slots, jobs=1)
    assert [entry.student for entry, answer in answers if isinstance(answer, Broken)] == ["s2"]
    assert len(slots.started) == 2


def test_there_are_no_more_places_than_entries(
    monkeypatch: pytest.MonkeyPatch, homework: SolvedHomework
) -> None:
    counts: list[int] = []

    class Counted(local._Slots):
        def __init__(self, count: int, start: Callable[[], SlotProcess]) -> None:
            counts.append(count)
            super().__init__(count, start)

    monkeypatch.setattr(local, "_Slots", Counted)
    run_slots(monkeypatch, homework, Slots(), jobs=50)
    assert counts == [len(ENTRIES)]


def test_slots_are_closed_when_the_loop_is_left(
    monkeypatch: pytest.MonkeyPatch, homework: SolvedHomework
) -> None:
    slots = Slots()
    monkeypatch.setattr(local, "SlotProcess", slots)
    answers = LocalEngine(2, Path("unused")).run(plan_of(homework), ENTRIES)
    next(answers)
    answers.close()
    assert slots.started
    assert all(slot.closed for slot in slots.started)


def slot_that_says(
    answer: str, folder: Path, patch: pytest.MonkeyPatch, homework: SolvedHomework
) -> SlotProcess:
    """Start a program that answers the first submission with a line."""
    program = folder / "slot"
    program.write_text(f"#!/bin/sh\n{answer}\n")
    program.chmod(0o700)
    patch.setattr("sys.executable", str(program))
    plan = plan_of(homework)
    return SlotProcess(plan, SlotSettings("", 1.0), SharedZygote(plan, "", ""), folder / "log")


@pytest.mark.parametrize("answer", ["{}", "garbage", '{"result": "{}", "log": "", "pictures": {}}', "[]"])
def test_a_slot_with_a_useless_answer_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, homework: SolvedHomework, answer: str
) -> None:
    slot = slot_that_says(f"echo '{answer}'\nexec sleep 60", tmp_path, monkeypatch, homework)
    broken = slot.grade(Entry("ada", ()))
    assert isinstance(broken, Broken)
    assert broken.because.startswith("The grading process gave an answer that cannot be used: ")
    assert not slot.alive
    assert slot._process.returncode is not None


def test_a_slot_that_ends_is_broken_not_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, homework: SolvedHomework
) -> None:
    slot = slot_that_says("exit 7", tmp_path, monkeypatch, homework)
    assert slot.grade(Entry("ada", ())) == Broken("The grading process ended (exit code 7).")
    assert not slot.alive


def test_a_broken_answer_does_not_end_the_slot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, homework: SolvedHomework
) -> None:
    says = 'echo \'{"broken": "the supervisor was lost"}\'\nexec sleep 60'
    slot = slot_that_says(says, tmp_path, monkeypatch, homework)
    assert slot.grade(Entry("ada", ())) == Broken("the supervisor was lost")
    assert slot.alive
    slot.close()


def test_grading_leaves_no_folder_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, homework: SolvedHomework
) -> None:
    """Neither its own, nor what killed graders left."""
    temporary = tmp_path / "temporary"
    (temporary / "autograder-scratch-abcdefgh").mkdir(parents=True)
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    monkeypatch.setattr("time.time", lambda: (temporary / "..").stat().st_ctime + 3600)
    run_slots(monkeypatch, homework, Slots(), jobs=1)
    assert list(temporary.iterdir()) == []


def test_an_answer_about_somebody_else_is_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, homework: SolvedHomework
) -> None:
    answer = encode_answer(three_points(Entry("mallory", ()))).decode()
    slot = slot_that_says(f"echo '{answer}'\nexec sleep 60", tmp_path, monkeypatch, homework)
    assert slot.grade(Entry("ada", ())) == Broken("The grading process gave an answer about another student.")
    assert not slot.alive


def test_a_slot_that_does_not_start_is_broken(
    monkeypatch: pytest.MonkeyPatch, homework: SolvedHomework
) -> None:
    """The machine may have no process left; the submissions are tried again, and the run goes on."""

    def no_process(*_: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(local, "SlotProcess", no_process)
    answers = list(LocalEngine(2, Path("unused")).run(plan_of(homework), ENTRIES))
    assert {entry.student for entry, _ in answers} == EVERYBODY
    assert all(isinstance(answer, Broken) for _, answer in answers)
    assert all("temporarily unavailable" in str(answer) for _, answer in answers)


def test_a_slot_that_starts_late_is_closed(monkeypatch: pytest.MonkeyPatch, homework: SolvedHomework) -> None:
    """It starts while the run is stopped, as at Ctrl-C."""
    starting, slots = threading.Event(), Slots()

    def slow(*_: object) -> Slots.Slot:
        if slots.started:
            starting.set()
            time.sleep(0.2)
        return slots()

    monkeypatch.setattr(local, "SlotProcess", slow)
    answers = LocalEngine(2, Path("unused")).run(plan_of(homework), ENTRIES)
    next(answers)
    starting.wait(5)
    answers.close()
    assert all(slot.closed for slot in slots.started)
