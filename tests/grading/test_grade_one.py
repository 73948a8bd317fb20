"""What nbgrader puts into the gradebook: the result that `autograder grade` would give now."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_engine import FakeEngine
from tiny_course import PUBLIC, without_luck, write_tiny_course

from autograder.grading.graded import Broken, Graded
from autograder.homework import Course, HomeworkError
from autograder.result import SubmissionResult, SubmissionStatus
from autograder.sandbox.tier import Isolation, Tier
from autograder.submission import Entry, read_submission

pytest.importorskip("nbgrader")


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """A course with one check, and ada's submission."""
    course = write_tiny_course(tmp_path / "course")
    without_luck(course)
    (course.root / "submitted/ada").mkdir(parents=True)
    (course.root / "submitted/ada/dice.py").write_text("")
    return course


@pytest.fixture
def engine(course: Course, monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    def answer(entry: Entry) -> Graded | Broken:
        digest = read_submission(entry, course.homework("dice")).digest
        seconds = float(len(fake.passes))  # another at each grading
        status = SubmissionStatus.GRADED
        return Graded(SubmissionResult(entry.student, "dice", digest, status, 2, 2, seconds=seconds))

    fake = FakeEngine(answer)
    isolated(monkeypatch, Tier.NAMESPACES)
    monkeypatch.setattr("autograder.nbgrader.grade_one.LocalEngine", lambda *_: fake)
    return fake


def isolated(monkeypatch: pytest.MonkeyPatch, tier: Tier) -> None:
    monkeypatch.setattr(
        "autograder.nbgrader.grade_one.probe", lambda: Isolation(tier, "a kernel", "a newer one")
    )


def result(course: Course, warnings: list[str] | None = None) -> SubmissionResult:
    from autograder.nbgrader.grade_one import result_of

    entry = Entry("ada", (course.root / "submitted/ada",))
    told: list[str] = [] if warnings is None else warnings
    return result_of(course, course.homework("dice"), entry, secret_paths=(), warn=told.append)[0]


def lines(course: Course) -> int:
    return len((course.root / "graded/dice/results.jsonl").read_text().splitlines())


def test_a_known_result_is_used(course: Course, engine: FakeEngine) -> None:
    assert result(course) == result(course)
    assert (engine.passes, lines(course)) == ([["ada"]], 1)


def test_verdicts_of_other_checks_are_not_used(course: Course, engine: FakeEngine) -> None:
    result(course)
    (course.root / "assignments/dice/test_public.py").write_text(PUBLIC + "\n")
    result(course)
    assert (engine.passes, lines(course)) == ([["ada"], ["ada"]], 2)


def test_a_known_result_gets_back_into_the_record(course: Course, engine: FakeEngine) -> None:
    result(course)
    (course.root / "graded/dice/results.jsonl").unlink()
    result(course)
    assert (engine.passes, lines(course)) == ([["ada"]], 1)


def test_a_damaged_result_is_named(course: Course, engine: FakeEngine) -> None:
    result(course)
    for path in (course.root / ".autograder/store").rglob("*.entry"):
        path.write_bytes(b"")
    warnings: list[str] = []
    result(course, warnings)
    assert engine.passes == [["ada"], ["ada"]]
    assert len(warnings) == 1


def test_without_isolation_files_decide(
    course: Course, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `autograder grade` has graded is used, and nothing is graded."""
    first = result(course)
    isolated(monkeypatch, Tier.NONE)
    assert result(course) == first
    (course.root / "submitted/ada/dice.py").write_text("# another\n")
    with pytest.raises(HomeworkError, match="cannot confine student code: a kernel"):
        result(course)
