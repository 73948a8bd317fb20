"""What a self-test's evidence covers: the homework, and the part of the package that judges."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tiny_course import write_tiny_course

from autograder.homework import SolvedHomework
from autograder.known import digests, replies
from autograder.known.digests import digest_of_evidence
from autograder.known.source_text import code_in
from autograder.sandbox.tier import Tier


@pytest.fixture
def homework(tmp_path: Path) -> SolvedHomework:
    return write_tiny_course(tmp_path / "course").homework("dice")


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of this package, which the digests are of."""
    copy = tmp_path / "autograder"
    shutil.copytree(digests._PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(digests, "_PACKAGE", copy)
    return copy


@pytest.mark.parametrize(
    "module",
    [
        *("checks/trials.py", "checks/_arrays.py", "models/student_model.py", "calibration/thresholds.py"),
        *(
            "result.py",
            "judging/check_result.py",
            "judging/plugin.py",
            "sandbox/rebuilt.py",
            "sandbox/worker.py",
        ),
    ],
)
def test_evidence_covers_what_judges(homework: SolvedHomework, package: Path, module: str) -> None:
    before = digest_of_evidence(homework)
    path = package / module
    path.write_text(path.read_text().replace("\n\n\n", "\n\n\n\n# new\n\n", 1))
    assert digest_of_evidence(homework) == before
    path.write_text(f"{path.read_text()}\nMORE = 1\n")
    assert digest_of_evidence(homework) != before


@pytest.mark.parametrize(
    "module", ["cli/grade.py", "reports/csv.py", "grading/publish.py", "sandbox/jail.py"]
)
def test_evidence_outlives_other_changes(homework: SolvedHomework, package: Path, module: str) -> None:
    before = digest_of_evidence(homework)
    path = package / module
    path.write_text(f"{path.read_text()}\nMORE = 1\n")
    assert digest_of_evidence(homework) == before


@pytest.mark.parametrize("place", [*digests._JUDGING, *replies._OUTSIDE_THE_JOB])
def test_named_modules_are_there(place: str) -> None:
    assert (digests._PACKAGE / place).exists()


@pytest.mark.parametrize(
    ("module", "same"),
    [
        ("sandbox/worker.py", False),
        ("sandbox/supervisor.py", False),
        ("sandbox/watchdog.py", True),
        ("checks/trials.py", True),
    ],
)
def test_replies_depend_on_what_runs_in_a_job(package: Path, module: str, same: bool) -> None:
    before = replies.context_of_replies(Tier.LANDLOCK)
    path = package / module
    path.write_text(f"{path.read_text()}\nMORE = 1\n")
    assert (replies.context_of_replies(Tier.LANDLOCK) == before) == same


TEXT = '''"""A module."""

X = """one

two  # no comment
"""


def f(x):  # a comment
    """A function."""
    # another comment
    return f"{x}  # no comment"
'''
CODE = '''X = """one

two  # no comment
"""
def f(x):
    return f"{x}  # no comment"'''


def test_code_has_no_comments_and_docstrings() -> None:
    """Strings are kept as they are."""
    assert code_in(TEXT) == CODE
    assert code_in(CODE) == CODE


def test_code_in_two_lines_is_kept_whole() -> None:
    text = "x = [\n    1,  # one\n\n    2,\n]\n"
    assert code_in(text) == "x = [\n    1,\n    2,\n]"
