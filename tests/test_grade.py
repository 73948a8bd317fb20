"""One submission, from its files to its record, with a stand-in for the sandbox."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.checks import image_grid
from autograder.grading import slot
from autograder.grading.course_secret import course_secret
from autograder.grading.grade import Desk, Graded, grade
from autograder.grading.session import GradingSession
from autograder.homework import Course, Homework, HomeworkError
from autograder.result import (
    Artifact,
    CheckResult,
    CheckStatus,
    SubmissionResult,
    SubmissionStatus,
    Visibility,
)
from autograder.sandbox.runner import Ending, EndKind, Job, Reply
from autograder.sandbox.tier import Tier
from autograder.submission import Entry, Submission

PNG = image_grid(np.ones((1, 4, 4)), 1)


class Crashing:
    """Stands in for a zygote whose jobs all crash."""

    def __init__(self) -> None:
        self.jobs = 0

    def run(self, job: Job) -> Reply:
        self.jobs += 1
        return Reply(ending=Ending(EndKind.SIGNAL, -11, 0.1, 0.1, 0), log="Segmentation fault")


@pytest.fixture
def homework() -> Homework:
    return Course.find(Path(__file__)).homework("cnn")


@pytest.fixture
def student(tmp_path: Path) -> Entry:
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / "cnn.py").write_text("x = 1\n")
    return Entry("ada", (tmp_path / "ada",))


def desk(homework: Homework, runner: Crashing, tier: Tier = Tier.NAMESPACES) -> Desk:
    return Desk(homework, b"s" * 32, tier, {"cnn.py": ""}, runner, runner)


def test_a_module_that_crashes_is_graded_with_nothing(homework: Homework, student: Entry) -> None:
    graded = grade(desk(homework, Crashing()), student)
    assert graded.result.status is SubmissionStatus.GRADED
    assert graded.result.score == 0
    statuses = {check.status for check in graded.result.checks}
    assert statuses == {CheckStatus.CRASHED, CheckStatus.SKIPPED, CheckStatus.NOT_ATTEMPTED}
    assert {check.id for check in graded.result.checks} == set(homework.checks)
    assert "Segmentation fault" in graded.log
    missing = [check for check in graded.result.checks if check.status is CheckStatus.NOT_ATTEMPTED]
    assert {check.message for check in missing} == {"Expected a file named autoencoder.py. Received: cnn.py."}


def test_what_broke_is_one_plain_line_in_the_graders_log(
    homework: Homework, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise slot._Broken("the supervisor was lost\n\x1b[31mSTAFF: give 40 points\u202e")

    monkeypatch.setattr(slot._Slot, "_in_a_fork", broken)
    setting = slot.SlotSetting(str(Course.find(Path(__file__)).root), "cnn", "00", "none", (), "", "")
    graded = slot._Slot(setting).grade(Entry("eve\x1b[2J\nmallory", ()))
    line = "eve mallory: the supervisor was lost STAFF: give 40 points"
    assert capsys.readouterr().err.splitlines() == [line] * 2
    assert graded.result.status is SubmissionStatus.NEEDS_STAFF
    assert graded.result.reason == line.partition(": ")[2]


def test_a_check_of_ours_that_breaks_is_never_a_zero(
    homework: Homework, student: Entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("ours")

    monkeypatch.setattr("autograder.checks.subject.Subject.calls", broken)
    result = grade(desk(homework, Crashing()), student).result
    assert result.status is SubmissionStatus.NEEDS_STAFF
    assert result.score is None
    assert "conv2d_values" in result.reason


def with_picture(student: str = "ada", name: str = "a-samples.png") -> Graded:
    checks = (
        CheckResult(
            "a", "A", Visibility.PUBLIC, 1, 1, CheckStatus.PASSED, artifacts=(Artifact(name, "Yours"),)
        ),
    )
    result = SubmissionResult(student, "cnn", "", SubmissionStatus.GRADED, 1, 1, checks=checks)
    return Graded(result, "log", {name: PNG})


def test_pictures_travel_between_processes_unchanged() -> None:
    graded = with_picture()
    assert Graded.from_record(json.loads(json.dumps(graded.to_record()))) == graded


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"pictures": {}}, "Expected the pictures"),
        ({"pictures": None}, "Expected a graded submission"),
        ({"pictures": {"a-samples.png": 3}}, "Expected a graded submission"),
        ({"pictures": {"a-samples.png": "%%%%"}}, "."),
        ({"pictures": {"a-samples.png": "R0lGODlh"}}, "expected a PNG file"),
        ({"result": with_picture(name="../a-samples.png").result.to_json()}, "Expected the pictures"),
        (with_picture(name="../a-samples.png").to_record(), "the name of a check's picture"),
        (with_picture(name="a-samples.png/x").to_record(), "the name of a check's picture"),
        ({"log": "x", "result": "{"}, "."),
    ],
)
def test_an_answer_with_other_pictures_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Graded.from_record(with_picture().to_record() | change)


def test_pictures_come_out_of_the_fork_that_graded(
    homework: Homework, monkeypatch: pytest.MonkeyPatch
) -> None:
    setting = slot.SlotSetting(str(Course.find(Path(__file__)).root), "cnn", "00", "none", (), "", "")
    monkeypatch.setattr(slot._Slot, "_desk", lambda _: None)
    monkeypatch.setattr(slot, "_die_with_parent", lambda: None)
    monkeypatch.setattr(slot, "grade", lambda _, entry: with_picture(entry.student))
    assert slot._Slot(setting).grade(Entry("eve", ())) == with_picture("eve")
    monkeypatch.setattr(slot, "grade", lambda *_: replace(with_picture(), pictures={}))
    lost = slot._Slot(setting).grade(Entry("eve", ()))
    assert lost.result.status is SubmissionStatus.NEEDS_STAFF
    assert lost.result.reason.startswith("Expected the pictures ['a-samples.png']. Received: []")


def test_without_isolation_results_are_stamped(homework: Homework, student: Entry) -> None:
    assert grade(desk(homework, Crashing(), Tier.NONE), student).result.isolation == "unsandboxed"


def test_an_unreadable_submission_runs_nothing(homework: Homework, tmp_path: Path) -> None:
    (tmp_path / "bob").mkdir()
    runner = Crashing()
    result = grade(desk(homework, runner), Entry("bob", (tmp_path / "bob",))).result
    assert (result.status, result.score, runner.jobs) == (SubmissionStatus.REJECTED, 0.0, 0)
    assert result.isolation == "namespaces"


def test_two_submissions_of_one_student_wait_for_staff(homework: Homework, student: Entry) -> None:
    entry = Entry("ada", (*student.paths, student.paths[0].with_suffix(".zip")))
    result = grade(desk(homework, Crashing()), entry).result
    assert (result.status, result.score) == (SubmissionStatus.NEEDS_STAFF, None)
    assert "ada and ada.zip" in result.reason


def test_grading_again_gives_the_same_record(homework: Homework, student: Entry) -> None:
    def record() -> SubmissionResult:
        return replace(grade(desk(homework, Crashing()), student).result, seconds=0.0, cpu_seconds=0.0)

    first = record()
    assert first == record()
    assert SubmissionResult.from_json(first.to_json()) == first


def test_seeds_depend_on_course_student_and_homework_and_on_nothing_else(homework: Homework) -> None:
    def seed(student: str, secret: bytes, text: str = "") -> bytes:
        submission = Submission(student, {"cnn.py": text}, "sha256:0")
        return GradingSession(homework, submission, Crashing(), secret).root_seed

    assert seed("ada", b"1" * 32) == seed("ada", b"1" * 32, "other text")
    other = replace(homework, name="rnn")
    submission = Submission("ada", {}, "sha256:0")
    assert GradingSession(other, submission, Crashing(), b"1" * 32).root_seed != seed("ada", b"1" * 32)
    assert len({seed("ada", b"1" * 32), seed("bob", b"1" * 32), seed("ada", b"2" * 32)}) == 3


def test_a_course_secret_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    first = course_secret(Course(tmp_path))
    path = tmp_path / ".autograder" / "secret"
    assert len(first) == 32
    assert path.stat().st_mode & 0o777 == 0o600
    assert course_secret(Course(tmp_path)) == first
    for damaged in (b"", b"short\n", b"00" * 31, b"zz" * 32, b"\xff" * 64):
        path.write_bytes(damaged)
        with pytest.raises(HomeworkError, match="expected 64 hexadecimal digits") as caught:
            course_secret(Course(tmp_path))
        assert str(path) in str(caught.value)
