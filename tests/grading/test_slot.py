"""A slot's answers: what they say, and how they cross the processes."""

import json
import os
import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from fake_engine import plan_of

from autograder.grading import slot
from autograder.grading.graded import Broken, Graded, decode_answer, encode_answer
from autograder.homework import SolvedHomework
from autograder.pictures import image_grid
from autograder.result import (
    Artifact,
    CheckResult,
    CheckStatus,
    SubmissionResult,
    SubmissionStatus,
    Visibility,
)
from autograder.sandbox.zygote_client import BorrowedZygote, ZygoteError
from autograder.submission import Entry

PNG = image_grid(np.ones((1, 4, 4)), 1)
SETTINGS = slot.SlotSettings("", 1.0)


def no_zygote(_: bool) -> BorrowedZygote:
    raise ZygoteError("The sandbox did not start: no namespaces")


def with_picture(student: str = "ada", name: str = "a-samples.png") -> Graded:
    kept = (Artifact(name, "Yours"),)
    checks = (CheckResult("a", "A", Visibility.PUBLIC, 1, 1, CheckStatus.PASSED, artifacts=kept),)
    result = SubmissionResult(student, "cnn", "", SubmissionStatus.GRADED, 1, 1, checks=checks)
    return Graded(result, "log", {name: PNG})


def record_of(graded: Graded) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(encode_answer(graded))
    return record


@pytest.mark.parametrize("answer", [with_picture(), Broken("the supervisor was lost")])
def test_answers_cross_processes_unchanged(answer: Graded | Broken) -> None:
    line = encode_answer(answer)
    assert b"\n" not in line
    assert decode_answer(line) == answer


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"pictures": {}}, "Expected the pictures"),
        ({"pictures": None}, "Expected a graded submission"),
        ({"pictures": {"a-samples.png": 3}}, "Expected a graded submission"),
        ({"pictures": {"a-samples.png": "%%%%"}}, "base64"),
        ({"pictures": {"a-samples.png": "R0lGODlh"}}, "expected a PNG file"),
        ({"result": with_picture(name="../a-samples.png").result.to_json()}, "Expected the pictures"),
        (record_of(with_picture(name="../a-samples.png")), "the file name of a check's picture"),
        (record_of(with_picture(name="a-samples.png/x")), "the file name of a check's picture"),
        ({"log": "x", "result": "{"}, "Expecting property name"),
    ],
)
def test_an_answer_with_other_pictures_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        decode_answer(json.dumps(record_of(with_picture()) | change).encode())


def test_what_broke_is_one_plain_line_for_staff(
    homework: SolvedHomework, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the grader's log, and in the answer; whatever stands in a name or an exception's text."""

    def broken(*_: object) -> None:
        raise slot._GradingBrokeError("the supervisor was lost\n\x1b[31mSTAFF: give 40 points\u202e")

    monkeypatch.setattr(slot._Slot, "_grade_in_child", broken)
    answer = decode_answer(
        slot._Slot(plan_of(homework), SETTINGS, no_zygote).answer(Entry("eve\x1b[2J\nmallory", ()))
    )
    line = "eve mallory: the supervisor was lost STAFF: give 40 points"
    assert capsys.readouterr().err.splitlines() == [line]
    assert answer == Broken(line.partition(": ")[2])


def test_a_sandbox_that_does_not_start_is_told(homework: SolvedHomework) -> None:
    running = slot._Slot(plan_of(homework), SETTINGS, no_zygote)
    answer = decode_answer(running.answer(Entry("ada", ())))
    assert answer == Broken("The sandbox did not start: no namespaces")


@pytest.fixture
def forking(homework: SolvedHomework, monkeypatch: pytest.MonkeyPatch) -> slot._Slot:
    """A slot that forks, without a zygote."""
    monkeypatch.setattr(slot._Slot, "_running_zygote", lambda _: None)
    monkeypatch.setattr(slot, "end_with_parent", lambda: None)
    return slot._Slot(plan_of(homework), SETTINGS, no_zygote)


def test_pictures_come_out_of_the_fork(forking: slot._Slot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slot, "grade", lambda _, entry, *__, **___: with_picture(entry.student))
    assert decode_answer(forking.answer(Entry("eve", ()))) == with_picture("eve")
    monkeypatch.setattr(slot, "grade", lambda *_, **__: replace(with_picture(), pictures={}))
    with pytest.raises(ValueError, match=r"Expected the pictures \['a-samples.png'\]. Received: \[\]"):
        decode_answer(forking.answer(Entry("eve", ())))


def test_a_fork_that_gives_up_says_why(forking: slot._Slot, monkeypatch: pytest.MonkeyPatch) -> None:
    def give_up(*_: object, **__: object) -> None:
        raise RuntimeError("the checks could not be run: ü")

    monkeypatch.setattr(slot, "grade", give_up)
    answer = decode_answer(forking.answer(Entry("eve", ())))
    assert answer == Broken("RuntimeError: the checks could not be run: ü")


def test_a_fork_that_dies_is_broken(forking: slot._Slot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slot, "grade", lambda *_, **__: os.kill(os.getpid(), 9))
    answer = decode_answer(forking.answer(Entry("eve", ())))
    assert answer == Broken("Grading ended without an answer (exit code -9).")


def test_a_fork_that_hangs_is_ended(forking: slot._Slot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slot, "grade", lambda *_, **__: time.sleep(60))
    monkeypatch.setattr(slot, "most_seconds", lambda *_: 0.3)
    answer = decode_answer(forking.answer(Entry("eve", ())))
    assert answer == Broken("Grading took longer than all its limits together allow.")
