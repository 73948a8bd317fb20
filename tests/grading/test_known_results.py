"""Results of earlier runs: when they are used, and when a submission is graded again."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from fake_engine import FakeEngine
from tiny_course import PUBLIC, solution, without_luck, write_tiny_course

from autograder.grading import known_results, pool
from autograder.grading.graded import Broken, Graded
from autograder.grading.plan import STORE, Plan, plan_grades
from autograder.homework import Course, HomeworkError
from autograder.result import SubmissionResult, SubmissionStatus
from autograder.sandbox.tier import Tier
from autograder.submission import Entry, find_submissions, read_submission


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """A course with one check, and the submissions of ada and bob."""
    course = write_tiny_course(tmp_path / "course")
    without_luck(course)
    for student in ("ada", "bob"):
        hand_in(course, student, f"def double(x):\n    return 2 * x  # {student}\n")
    return course


def hand_in(course: Course, student: str, text: str) -> None:
    folder = course.root / "submitted" / student
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dice.py").write_text(text)


def plan_of(course: Course, tier: Tier = Tier.NAMESPACES, *, fresh: bool = False) -> Plan:
    return plan_grades(course, course.homework("dice"), tier, fresh=fresh)


def two_points(course: Course) -> Callable[[Entry], Graded | Broken]:
    def answer(entry: Entry) -> Graded:
        digest = read_submission(entry, course.homework("dice")).digest
        result = SubmissionResult(entry.student, "dice", digest, SubmissionStatus.GRADED, 2, 2, seconds=1.5)
        return Graded(result, f"log of {entry.student}")

    return answer


def graded(course: Course, plan: Plan, engine: FakeEngine | None = None) -> list[str]:
    """Grade the class; return whom the engine got."""
    engine = engine or FakeEngine(two_points(course))
    results = list(pool.run(plan, find_submissions(course.root / "submitted"), engine, damage.append))
    assert sorted(one.result.student for one in results) == ["ada", "bob"]
    return sorted(student for names in engine.passes for student in names)


damage: list[str] = []


@pytest.fixture(autouse=True)
def no_damage() -> None:
    damage.clear()


def entries(course: Course) -> list[Path]:
    return sorted((course.root / STORE).rglob("*.entry"))


def test_an_unchanged_class_needs_no_engine(course: Course) -> None:
    """The results are those of the first run, with their times, in the order of the class."""
    entries = find_submissions(course.root / "submitted")
    first = list(pool.run(plan_of(course), entries, FakeEngine(two_points(course))))
    engine = FakeEngine()
    again = list(pool.run(plan_of(course), entries, engine))
    assert engine.passes == []
    assert again == [replace(one, known=True) for one in first]
    assert (course.root / STORE).stat().st_mode & 0o077 == 0


def change_a_check(course: Course) -> None:
    (course.root / "assignments/dice/test_public.py").write_text(PUBLIC + "\n# changed\n")


def change_the_reference(course: Course) -> None:
    path = solution(course) / "dice.py"
    path.write_text(path.read_text() + "\n")


def change_a_limit(course: Course) -> None:
    path = course.root / "assignments/dice/homework.toml"
    path.write_text(path.read_text().replace("cpu_seconds = 5", "cpu_seconds = 6"))


def change_the_secret(course: Course) -> None:
    (course.root / ".autograder/secret").write_text("00" * 32 + "\n")


def change_a_file_of_the_checks(course: Course) -> None:
    (solution(course) / "expected.json").write_text('{"seven": 14}')


def change_a_public_file(course: Course) -> None:
    folder = course.root / "assignments/dice/data"
    folder.mkdir()
    (folder / "inputs.csv").write_text("1,2,3\n")


@pytest.mark.parametrize(
    "change",
    [
        *(change_a_check, change_the_reference, change_a_limit, change_the_secret),
        *(change_a_file_of_the_checks, change_a_public_file),
    ],
)
def test_a_change_grades_everybody_again(course: Course, change: Callable[[Course], None]) -> None:
    assert graded(course, plan_of(course)) == ["ada", "bob"]
    change(course)
    assert graded(course, plan_of(course)) == ["ada", "bob"]
    assert graded(course, plan_of(course)) == []


@pytest.mark.parametrize("what", ["digest_of_package", "versions"])
def test_another_program_grades_again(course: Course, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """Another version of this package, of Python or of a library."""
    graded(course, plan_of(course))
    monkeypatch.setattr(known_results, what, lambda **_: "another")
    assert graded(course, plan_of(course)) == ["ada", "bob"]


@pytest.mark.parametrize("name", ["selftest.json", "README.md", ".notes", "wheat/other.txt"])
def test_what_no_check_reads_does_not_count(course: Course, name: str) -> None:
    graded(course, plan_of(course))
    (solution(course) / name).write_text("other")
    assert graded(course, plan_of(course)) == []


def test_only_who_hands_in_again_is_graded_again(course: Course) -> None:
    graded(course, plan_of(course))
    hand_in(course, "bob", "def double(x):\n    return x + x\n")
    assert graded(course, plan_of(course)) == ["bob"]


def test_another_name_is_another_submission(course: Course) -> None:
    """Seeds follow from the name."""
    graded(course, plan_of(course))
    shutil.rmtree(course.root / "submitted/bob")
    shutil.copytree(course.root / "submitted/ada", course.root / "submitted/bob")
    assert graded(course, plan_of(course)) == ["bob"]


def test_another_tier_is_graded_again(course: Course) -> None:
    graded(course, plan_of(course))
    assert graded(course, plan_of(course, Tier.LANDLOCK)) == ["ada", "bob"]


def test_without_isolation_nothing_is_kept(course: Course) -> None:
    """And nothing that is known is used."""
    assert graded(course, plan_of(course, Tier.NONE)) == ["ada", "bob"]
    assert entries(course) == []
    graded(course, plan_of(course))
    assert graded(course, plan_of(course, Tier.NONE)) == ["ada", "bob"]


def test_fresh_results_replace_known_ones(course: Course) -> None:
    graded(course, plan_of(course))

    def one_point(entry: Entry) -> Graded | Broken:
        answer = two_points(course)(entry)
        assert isinstance(answer, Graded)
        return replace(answer, result=replace(answer.result, score=1))

    assert graded(course, plan_of(course, fresh=True), FakeEngine(one_point)) == ["ada", "bob"]
    again = pool.run(plan_of(course), find_submissions(course.root / "submitted"), FakeEngine())
    assert [one.result.score for one in again] == [1, 1]


def test_what_needs_staff_is_graded_again(course: Course) -> None:
    graded(course, plan_of(course), FakeEngine(lambda _: Broken("the sandbox is gone")))
    assert graded(course, plan_of(course)) == ["ada", "bob"]


def test_unreadable_submissions_need_no_engine(course: Course) -> None:
    """They are read again, which is cheap, and nothing is kept about them."""
    (course.root / "submitted/ada/dice.py").write_bytes(b"\xff\xfe\0")
    (course.root / "submitted/bob.zip").touch()
    assert graded(course, plan_of(course)) == []
    assert entries(course) == []


def test_a_change_during_the_run_keeps_nothing(course: Course) -> None:
    """The checks of a result are not known then."""

    def answer(entry: Entry) -> Graded | Broken:
        change_a_check(course)
        return two_points(course)(entry)

    graded(course, plan_of(course), FakeEngine(answer))
    assert entries(course) == []


def test_a_file_that_cannot_be_read_is_named(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anybody is graded; what vanishes during the run stops nobody, and nothing is kept."""
    plan, engine = plan_of(course), FakeEngine(two_points(course))

    def unreadable(_: Plan) -> str:
        raise PermissionError(13, "Permission denied", "solutions/dice/notes.txt")

    def vanishing(_: Plan) -> str:
        monkeypatch.setattr(known_results, "context_of_results", unreadable)
        return "as it was"

    monkeypatch.setattr(known_results, "context_of_results", unreadable)
    with pytest.raises(HomeworkError, match=r"every file of dice\. Received: .*solutions/dice/notes\.txt"):
        graded(course, plan, engine)
    monkeypatch.setattr(known_results, "context_of_results", vanishing)
    assert graded(course, plan, engine) == ["ada", "bob"]
    assert entries(course) == []


def test_what_changed_meanwhile_is_not_kept(course: Course) -> None:
    def answer(entry: Entry) -> Graded | Broken:
        hand_in(course, entry.student, "double = None\n")
        return two_points(course)(entry)

    graded(course, plan_of(course), FakeEngine(answer))
    assert entries(course) == []


@pytest.mark.parametrize("stored", [b"", b"poison", None])
def test_damaged_results_are_named_and_replaced(course: Course, stored: bytes | None) -> None:
    """Cut, replaced, or exchanged with another student's."""
    graded(course, plan_of(course))
    first, second = entries(course)
    first.write_bytes(second.read_bytes() if stored is None else stored)
    assert len(graded(course, plan_of(course))) == 1
    [sentence] = damage
    assert str(first) in sentence
    assert graded(course, plan_of(course)) == []


def test_a_stopped_run_goes_on_where_it_was(course: Course) -> None:
    """Also when the last result was not written anywhere else yet."""
    entries = find_submissions(course.root / "submitted")
    with closing(pool.run(plan_of(course), entries, FakeEngine(two_points(course)))) as results:
        next(results)
    assert graded(course, plan_of(course)) == ["bob"]
