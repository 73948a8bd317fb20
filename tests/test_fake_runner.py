"""What is above the sandbox works with any runner: here without processes, mounts and TensorFlow."""

from pathlib import Path

import pytest
from fake_runner import InProcessRunner, ReplayingRunner, record
from tiny_course import REFERENCE, write_tiny_course

from autograder.checks.subject import Subject
from autograder.checks.verdict import StudentFault
from autograder.homework import HomeworkLimits
from autograder.judging.run_checks import run_checks
from autograder.judging.session import GradingSession
from autograder.result import CheckResult, CheckStatus
from autograder.sandbox.runner import Runner
from autograder.submission import Submission

SOURCE = """
def pair(): return [1], {2}
def first(kept): return kept[0]
def stub(): raise NotImplementedError
"""


def subject(runner: Runner) -> Subject:
    return Subject({"hw.py": SOURCE}, "hw", 7, HomeworkLimits(), runner)


def test_a_fake_runner_tells_what_functions_do() -> None:
    student = subject(InProcessRunner())
    script = student.script()
    one, other = script.items(script.call("pair"), 2)
    good, bad = script.call("first", one), script.call("first", other)
    assert good.value == 1
    with pytest.raises(StudentFault, match="first raised TypeError"):
        _ = bad.value
    for function, words in (
        ("pair", "pair returned an object of type set"),
        ("second", "Expected a function named second in hw.py. Received: pair, first, stub."),
        ("stub", "stub is not written yet."),
    ):
        with pytest.raises(StudentFault, match=words):
            student.call(function)


def test_checks_are_graded_from_recorded_replies(tmp_path: Path) -> None:
    homework, runner = write_tiny_course(tmp_path).homework("dice"), InProcessRunner()
    submission = Submission("ada", {"dice.py": REFERENCE}, "sha256:0")

    def graded(runner: Runner) -> list[CheckResult]:
        session = GradingSession(homework, submission, runner, b"s" * 32)
        run_checks(session, only=["double"])
        return session.results

    [double] = graded(runner)
    assert (double.id, double.status, double.score) == ("double", CheckStatus.PASSED, 2)
    assert graded(ReplayingRunner(record(runner))) == [double]
