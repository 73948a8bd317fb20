"""A submission that is graded again: only jobs that are new are run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fake_runner import InProcessRunner
from tiny_course import PUBLIC, solution, without_luck, write_tiny_course

from autograder.grading import slot
from autograder.grading.graded import Graded, decode_answer
from autograder.grading.plan import STORE, plan_grades
from autograder.grading.slot import SlotSettings, _Slot
from autograder.homework import Course
from autograder.known.replies import StoredReplies
from autograder.result import SubmissionResult
from autograder.sandbox.tier import Tier
from autograder.sandbox.zygote_client import BorrowedZygote
from autograder.submission import Entry

MORE = '''
@pytest.mark.points(2)
def test_luck(submission, reference):
    """double doubles five, as the reference does."""
    expect_value("double(5)", submission.call("double", 5), reference.call("double", 5))
'''


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """A course with two checks: three jobs, one of them of the reference; and ada's and bob's submissions."""
    course = write_tiny_course(tmp_path / "course")
    without_luck(course)
    manifest = course.root / "assignments/dice/homework.toml"
    text = manifest.read_text().replace('["double"]', '["double", "luck"]')
    manifest.write_text(text.replace("max_score = 2", "max_score = 4"))
    write_checks(course, PUBLIC, MORE)
    for student in ("ada", "bob"):
        folder = course.root / "submitted" / student
        folder.mkdir(parents=True)
        (folder / "dice.py").write_text("def double(x):\n    return x + x\n")
    return course


def write_checks(course: Course, public: str, hidden: str) -> None:
    (course.root / "assignments/dice/test_public.py").write_text(public)
    header = "import pytest\nfrom autograder.checks import expect_value\n"
    mark = 'pytestmark = pytest.mark.visibility("hidden")\n'
    (solution(course) / "test_hidden.py").write_text(header + mark + hidden)


def graded(
    course: Course,
    student: str = "ada",
    *,
    tier: Tier = Tier.NAMESPACES,
    fresh: bool = False,
    run: str = "",
) -> tuple[SubmissionResult, int]:
    """Grade a submission as a slot does; return the result, and the number of jobs that were run."""
    plan = plan_grades(course, course.homework("dice"), tier, fresh=fresh)
    runner = InProcessRunner()
    entry = Entry(student, (course.root / "submitted" / student,))
    return _Slot(plan, SlotSettings("", 1.0, run), no_zygote)._grade(entry, runner).result, len(runner.jobs)


def test_a_changed_message_runs_no_job(course: Course) -> None:
    """Nor does a check that expects something else."""
    first, jobs = graded(course)
    assert (first.score, jobs) == (4, 3)
    write_checks(course, PUBLIC.replace("8, reveal=True", "9, reveal=True"), MORE.replace("five", "5"))
    second, jobs = graded(course)
    assert (second.score, jobs) == (2, 0)
    assert second.checks[1].title == "double doubles 5, as the reference does"


def test_changed_inputs_run_only_their_jobs(course: Course) -> None:
    graded(course)
    write_checks(
        course, PUBLIC, MORE.replace('submission.call("double", 5)', 'submission.call("double", 5.0)')
    )
    assert graded(course)[1] == 1
    write_checks(course, PUBLIC, MORE.replace('"double", 5', '"double", 6'))
    assert graded(course)[1] == 2


def test_the_reference_runs_once_for_a_class(course: Course) -> None:
    """Seeds follow from the student's name, so the jobs of their own code are others."""
    assert [graded(course, student)[1] for student in ("ada", "bob")] == [3, 2]


def no_zygote(_: bool) -> BorrowedZygote:
    raise AssertionError("Expected jobs to run in this process.")


def answered(running: _Slot, course: Course, student: str) -> SubmissionResult:
    answer = decode_answer(running.answer(Entry(student, (course.root / "submitted" / student,))))
    assert isinstance(answer, Graded), answer
    return answer.result


def test_the_sandbox_starts_with_the_first_job(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is known is judged without it; a submission with a new job is graded all the same."""
    started: list[InProcessRunner] = []

    def start(self: _Slot) -> InProcessRunner:
        started.append(InProcessRunner())
        return started[-1]

    monkeypatch.setattr(_Slot, "_running_zygote", start)
    monkeypatch.setattr(slot, "end_with_parent", lambda: None)
    graded(course)
    plan = plan_grades(course, course.homework("dice"), Tier.NAMESPACES)
    running = _Slot(plan, SlotSettings("", 1.0), no_zygote)
    assert (answered(running, course, "ada").score, started) == (4, [])
    assert answered(running, course, "bob").score == 4
    assert len(started) == 1


def test_an_evaluators_replies_have_an_owner(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that takes over its process can change the replies to its owner's other networks only."""
    owners: list[str] = []

    def noted(*parts: Any, owner: str = "", **known: Any) -> StoredReplies:
        owners.append(owner)
        return StoredReplies(*parts, owner=owner, **known)

    monkeypatch.setattr(slot, "StoredReplies", noted)
    for student in ("ada", "bob"):
        graded(course, student)
    (course.root / "submitted/bob/dice.py").write_text("def double(x):\n    return x * 2\n")
    graded(course, "bob")
    theirs, ours = set(owners[::2]), set(owners[1::2])
    assert len(theirs) == 3
    assert [owner.partition("\0")[0] for owner in owners[::2]] == ["ada", "bob", "bob"]
    assert ours == {""}


def test_known_solutions_share_their_jobs(course: Course) -> None:
    """With the same seeds, a job runs once if the calls of two solutions reach the same code."""
    text = "def double(x):\n    return x + x\n\n\ndef other(x):\n    return {}\n"
    found = []
    for name, value in (("one", 1), ("two", 2)):
        folder = course.root / "submitted" / name
        folder.mkdir()
        (folder / "dice.py").write_text(text.format(value))
        plan = plan_grades(course, course.homework("dice"), Tier.NAMESPACES, known_solutions=True)
        runner = InProcessRunner()
        entry = Entry(name, (folder,), "seeds 1")
        found.append(
            (_Slot(plan, SlotSettings("", 1.0), no_zygote)._grade(entry, runner).result, len(runner.jobs))
        )
    assert [(result.score, jobs) for result, jobs in found] == [(4, 3), (4, 0)]
    assert found[0][0].seed == found[1][0].seed


def test_known_jobs_cost_what_they_cost(course: Course) -> None:
    """The processor time of a known job counts for the student."""
    first, _ = graded(course)
    again, jobs = graded(course)
    assert jobs == 0
    assert min(first.cpu_seconds, again.cpu_seconds) >= 0.2  # two jobs of 0.1 s each


def test_fresh_grading_runs_every_job(course: Course) -> None:
    graded(course)
    assert graded(course, fresh=True)[1] == 3


def test_a_fresh_run_asks_the_reference_once(course: Course) -> None:
    """Its jobs are the same for all students."""
    graded(course)
    jobs = [
        graded(course, student, fresh=True, run=str(course.root / "first"))[1]
        for student in ("ada", "bob", "bob")
    ]
    assert jobs == [3, 2, 2]
    assert graded(course, fresh=True, run=str(course.root / "second"))[1] == 3


def test_without_isolation_all_jobs_are_run(course: Course) -> None:
    graded(course)
    assert graded(course, tier=Tier.NONE)[1] == 3


def test_damaged_replies_are_named_in_the_log(course: Course, capsys: pytest.CaptureFixture[str]) -> None:
    """Each is computed anew: poisoned, cut, or exchanged with another."""
    graded(course)
    first, second, third = sorted((course.root / STORE).rglob("*.entry"))
    first.write_bytes(b"poison")
    third.write_bytes(second.read_bytes())
    second.write_bytes(second.read_bytes()[:-1])
    result, jobs = graded(course)
    assert (result.score, jobs) == (4, 3)
    assert len(capsys.readouterr().err.splitlines()) == 3
