"""``autograder selftest --print``: a known solution as it is handed in."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tiny_course import REFERENCE, solution, write_tiny_course

from autograder.cli import main
from autograder.homework import Course

MISTAKE = '"""Wrong: adds one.\n\nFails: double\n"""\n\n\ndef double(x):\n    return 2 * x + 1\n'


@pytest.fixture
def course(tmp_path: Path) -> Course:
    course = write_tiny_course(tmp_path)
    (solution(course) / "chaff/one_more.py").write_text(MISTAKE)
    return course


def printed(course: Course, name: str) -> Result:
    return CliRunner().invoke(main, ["selftest", "dice", "--print", name, "--course", str(course.root)])


def test_the_full_text_is_printed(course: Course) -> None:
    text = printed(course, "chaff-one_more").output
    assert text.startswith('"""Wrong: adds one.')
    assert "return 2 * x + 1\n" in text
    assert text.endswith(REFERENCE[REFERENCE.index("def luck") :])


def test_several_files_are_printed_with_names(course: Course) -> None:
    manifest = course.root / "assignments/dice/homework.toml"
    manifest.write_text(manifest.read_text().replace('files = ["dice.py"]', 'files = ["dice.py", "more.py"]'))
    (solution(course) / "more.py").write_text(
        "def f():\n    ### BEGIN SOLUTION\n    pass\n    ### END SOLUTION"
    )
    text = printed(course, "reference").output
    assert text.startswith("##### dice.py\n")
    assert "\n##### more.py\ndef f():\n" in text
    assert text.endswith("\n")


def test_an_unknown_solution_is_named(course: Course) -> None:
    ended = printed(course, "chaff-none")
    assert ended.exit_code == 2
    assert "Received: chaff-none" in " ".join(ended.output.split())
