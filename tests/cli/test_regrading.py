"""``autograder grade`` for a class that was graded before."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from fake_engine import FakeEngine
from tiny_course import PUBLIC, without_luck, write_tiny_course

from autograder.cli import main
from autograder.grading.graded import Broken, Graded
from autograder.grading.plan import STORE
from autograder.homework import Course
from autograder.result import CheckResult, CheckStatus, SubmissionResult, SubmissionStatus, Visibility
from autograder.sandbox.tier import Tier
from autograder.submission import Entry, read_submission


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """A course with one check that three students handed in."""
    course = write_tiny_course(tmp_path / "course")
    without_luck(course)
    hand_in(course, range(3))
    return course


def hand_in(course: Course, numbers: range) -> None:
    for number in numbers:
        folder = course.root / f"submitted/s{number}"
        folder.mkdir(parents=True)
        (folder / "dice.py").write_text(f"# {number}\n")


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, course: Course) -> FakeEngine:
    """Gives everybody two points."""

    def answer(entry: Entry) -> Graded | Broken:
        digest = read_submission(entry, course.homework("dice")).digest
        check = CheckResult("double", "D", Visibility.PUBLIC, 2, 2, CheckStatus.PASSED)
        return Graded(
            SubmissionResult(
                entry.student, "dice", digest, SubmissionStatus.GRADED, 2, 2, seconds=7.5, checks=(check,)
            )
        )

    fake = FakeEngine(answer)
    monkeypatch.setattr("autograder.cli.grade.choose_tier", lambda *_, **__: Tier.NAMESPACES)
    monkeypatch.setattr("autograder.cli._class_run.LocalEngine", lambda *_: fake)
    return fake


def grade(course: Course, *options: str) -> Result:
    done = CliRunner().invoke(main, ["grade", "dice", "--course", str(course.root), *options])
    assert done.exit_code == 0, done.output
    return done


def test_an_unchanged_class_is_graded_by_nobody(course: Course, engine: FakeEngine) -> None:
    """No line is added to the record, and the reports are written again."""
    hand_in(course, range(3, 200))
    assert "Known already" not in grade(course).stdout
    out = course.root / "graded/dice"
    before = (out / "results.jsonl").read_bytes()
    (out / "grades.csv").unlink()
    done = grade(course)
    assert len(engine.passes) == 1
    assert "Known already: 200 of 200.\n" in done.stdout
    assert "→" not in done.stdout
    assert (out / "results.jsonl").read_bytes() == before
    assert len((out / "grades.csv").read_text().splitlines()) == 201


def test_what_changed_is_said_for_each_student(course: Course, engine: FakeEngine) -> None:
    """Only a result that changed gets a new line."""
    grade(course)
    (course.root / "submitted/s2/dice.py").write_text("# another\n")
    two_points = engine.answer

    def answer(entry: Entry) -> Graded | Broken:
        graded = two_points(entry)
        assert isinstance(graded, Graded)
        checks = (replace(graded.result.checks[0], status=CheckStatus.FAILED, score=0),)
        return replace(graded, result=replace(graded.result, score=0, checks=checks))

    engine.answer = answer
    done = grade(course)
    assert engine.passes[1:] == [["s2"]]
    assert "Known already: 2 of 3.\n" in done.stdout
    assert "s2: 2 → 0 points; double: passed → failed\n" in done.stdout
    assert done.stdout.count("→") == 2
    assert len((course.root / "graded/dice/results.jsonl").read_text().splitlines()) == 4


def test_fresh_grades_everybody(course: Course, engine: FakeEngine) -> None:
    grade(course, "--student", "s1", "--student", "s2")
    assert "Known already" not in grade(course, "--fresh", "--student", "s2").stdout
    assert engine.passes == [["s1", "s2"], ["s2"]]


def test_known_results_get_into_another_folder(course: Course, engine: FakeEngine, tmp_path: Path) -> None:
    grade(course, "--student", "s1")
    done = grade(course, "--student", "s1", "--out", str(tmp_path / "out"))
    assert "Known already: 1 of 1.\n" in done.stdout
    assert len((tmp_path / "out/results.jsonl").read_text().splitlines()) == 1


def test_results_of_other_checks_come_back(course: Course, engine: FakeEngine) -> None:
    """A check that is changed and changed back: the first result is known."""
    grade(course, "--student", "s1")
    checks = course.root / "assignments/dice/test_public.py"
    checks.write_text(PUBLIC + "\n")
    grade(course, "--student", "s1")
    checks.write_text(PUBLIC)
    grade(course, "--student", "s1")
    assert engine.passes == [["s1"], ["s1"]]


def test_staff_are_told_what_was_damaged(course: Course, engine: FakeEngine) -> None:
    grade(course, "--student", "s1")
    [entry] = (course.root / STORE).rglob("*.entry")
    entry.write_bytes(b"poison")
    done = grade(course, "--student", "s1")
    assert engine.passes == [["s1"], ["s1"]]
    assert "A stored entry was not used and is computed anew:" in done.stdout
    assert str(entry) in done.stdout.replace("\n", "")
