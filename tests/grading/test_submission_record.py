"""One submission, from its files to its record, with a stand-in for the sandbox."""

from dataclasses import replace
from pathlib import Path

import pytest
from fake_engine import plan_of

from autograder.grading.graded import Graded
from autograder.grading.submission import Runners, grade
from autograder.homework import SolvedHomework
from autograder.judging.session import GradingSession
from autograder.result import (
    CheckStatus,
    SubmissionResult,
    SubmissionStatus,
)
from autograder.sandbox.runner import Ending, EndKind, Job, Reply, RunnerError
from autograder.sandbox.tier import Tier
from autograder.submission import Entry, Submission


class Crashing:
    """Stands in for a zygote whose jobs all crash."""

    def __init__(self) -> None:
        self.jobs = 0

    def run(self, job: Job) -> Reply:
        self.jobs += 1
        return Reply(ending=Ending(EndKind.SIGNAL, -11, 0.1, 0.1, 0), log="Segmentation fault")


@pytest.fixture
def student(tmp_path: Path) -> Entry:
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / "cnn.py").write_text("x = 1\n")
    return Entry("ada", (tmp_path / "ada",))


def graded(homework: SolvedHomework, entry: Entry, runner: Crashing, tier: Tier = Tier.NAMESPACES) -> Graded:
    return grade(plan_of(homework, tier), entry, Runners(student=runner, reference=runner))


def test_a_module_that_crashes_has_score_0(homework: SolvedHomework, student: Entry) -> None:
    """All checks are in the record."""
    found = graded(homework, student, Crashing())
    assert found.result.status is SubmissionStatus.GRADED
    assert found.result.score == 0
    statuses = {check.status for check in found.result.checks}
    assert statuses == {CheckStatus.CRASHED, CheckStatus.SKIPPED, CheckStatus.NOT_ATTEMPTED}
    assert {check.id for check in found.result.checks} == set(homework.checks)
    assert "Segmentation fault" in found.log
    missing = [check for check in found.result.checks if check.status is CheckStatus.NOT_ATTEMPTED]
    assert {check.message for check in missing} == {"Expected a file named autoencoder.py. Received: cnn.py."}


def test_a_check_that_breaks_is_never_a_zero(
    homework: SolvedHomework, student: Entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The submission goes to staff without a score, because the error is ours."""

    def broken(*_: object) -> None:
        raise RuntimeError("ours")

    monkeypatch.setattr("autograder.checks.subject.Subject.calls", broken)
    result = graded(homework, student, Crashing()).result
    assert result.status is SubmissionStatus.NEEDS_STAFF
    assert result.score is None
    assert "conv2d_values" in result.reason


def test_without_isolation_results_are_stamped(homework: SolvedHomework, student: Entry) -> None:
    assert graded(homework, student, Crashing(), Tier.NONE).result.isolation == "unsandboxed"


def test_an_unreadable_submission_runs_nothing(homework: SolvedHomework, tmp_path: Path) -> None:
    (tmp_path / "bob").mkdir()
    runner = Crashing()
    result = graded(homework, Entry("bob", (tmp_path / "bob",)), runner).result
    assert (result.status, result.score, runner.jobs) == (SubmissionStatus.REJECTED, 0.0, 0)
    assert result.isolation == "namespaces"


def test_two_submissions_of_one_student_wait(homework: SolvedHomework, student: Entry) -> None:
    entry = Entry("ada", (*student.paths, student.paths[0].with_suffix(".zip")))
    result = graded(homework, entry, Crashing()).result
    assert (result.status, result.score) == (SubmissionStatus.NEEDS_STAFF, None)
    assert "ada and ada.zip" in result.reason


def test_grading_again_gives_the_same_record(homework: SolvedHomework, student: Entry) -> None:
    def record() -> SubmissionResult:
        result = graded(homework, student, Crashing()).result
        return replace(result, seconds=0.0, cpu_seconds=0.0, graded_at="")

    first = record()
    assert first == record()
    assert SubmissionResult.from_json(first.to_json()) == first


def test_seeds_depend_on_course_student_homework(homework: SolvedHomework) -> None:
    """The files of the student have no influence."""

    def seed(student: str, secret: bytes, text: str = "") -> bytes:
        submission = Submission(student, {"cnn.py": text}, "sha256:0")
        return GradingSession(homework, submission, Crashing(), secret).root_seed

    assert seed("ada", b"1" * 32) == seed("ada", b"1" * 32, "other text")
    other = replace(homework, name="rnn")
    submission = Submission("ada", {}, "sha256:0")
    assert GradingSession(other, submission, Crashing(), b"1" * 32).root_seed != seed("ada", b"1" * 32)
    assert len({seed("ada", b"1" * 32), seed("bob", b"1" * 32), seed("ada", b"2" * 32)}) == 3


class Lost:
    """Stands in for a zygote that has ended."""

    def run(self, job: Job) -> Reply:
        raise RunnerError("The sandbox is gone")


def test_a_lost_runner_is_tried_again(homework: SolvedHomework, student: Entry) -> None:
    """pytest catches the error within a check; the submission must not count as graded."""
    with pytest.raises(RunnerError, match="The sandbox is gone"):
        grade(plan_of(homework), student, Runners(student=Lost(), reference=Crashing()))
