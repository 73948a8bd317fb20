"""A homework whose checks are written in the test: no student code runs."""

from __future__ import annotations

from pathlib import Path

from autograder.homework import Homework, SolvedHomework, load_homework
from autograder.judging.run_checks import run_checks
from autograder.judging.session import GradingSession
from autograder.result import CheckResult
from autograder.sandbox.runner import Job, Reply
from autograder.submission import Submission

HEADER = """
import pytest
from autograder.checks import CheckFailed, PartialCredit, StudentFault
from autograder.result import CheckStatus
"""


class NoRunner:
    """These checks run no student code."""

    def run(self, job: Job) -> Reply:
        raise AssertionError(job)


def write_toy(
    root: Path, public: str, hidden: str = "", *, checks: str = "a", conftest: str = ""
) -> SolvedHomework:
    """Write a homework with these public and hidden checks, of two points each, to a folder."""
    folder, solution = root / "assignments" / "toy", root / "solutions" / "toy"
    folder.mkdir(parents=True)
    solution.mkdir(parents=True)
    names = checks.split()
    (folder / "homework.toml").write_text(
        f'name = "toy"\ntitle = "Toy"\ndataset = "digits"\nmax_score = {2 * len(names)}\n'
        f'files = ["toy.py"]\nchecks = {names}\n'
    )
    (folder / "test_public.py").write_text(HEADER + public)
    (solution / "test_hidden.py").write_text(HEADER + hidden)
    if conftest:
        (folder / "conftest.py").write_text(conftest)
    return SolvedHomework.of(load_homework(folder), solution)


def check(body: str, name: str = "a", markers: str = "", title: str = "Does it.", arguments: str = "") -> str:
    """Return the text of a check that is worth two points."""
    return (
        f'\n{markers}\n@pytest.mark.points(2)\ndef test_{name}({arguments}):\n    """{title}"""\n    {body}\n'
    )


def session(homework: Homework, student: str = "ada") -> GradingSession:
    """Return a session for a student's empty submission."""
    return GradingSession(homework, Submission(student, {"toy.py": ""}, "sha256:0"), NoRunner(), bytes(32))


def results(homework: Homework, student: str = "ada") -> dict[str, CheckResult]:
    """Run the checks, and return their records by their identifiers."""
    graded = session(homework, student)
    run_checks(graded)
    return {result.id: result for result in graded.results}
