"""A submission whose functions never end, graded for real: what it costs, and what its student reads."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tiny_course import solution, without_luck, write_tiny_course

from autograder.homework import Course
from autograder.sandbox.tier import Tier, probe

pytestmark = [
    pytest.mark.slow,
    pytest.mark.tensorflow,
    pytest.mark.skipif(probe().tier is Tier.NONE, reason="nothing can be confined here"),
]
NUMBERS = range(8)
CHECK = '''
@pytest.mark.points(1)
def test_double_{number}(submission):
    """double doubles {number}."""
    expect_value("double", submission.call("double", {number}), 2 * {number}, reveal=True)
'''


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """A course with eight checks, a job each, of which each may take two seconds."""
    course = write_tiny_course(tmp_path / "course")
    without_luck(course)
    folder = course.root / "assignments/dice"
    names = ", ".join(f'"double_{number}"' for number in NUMBERS)
    manifest = (folder / "homework.toml").read_text()
    manifest = manifest.replace('checks = ["double"]', f"checks = [{names}]")
    manifest = manifest.replace("max_score = 2", f"max_score = {len(NUMBERS)}")
    manifest = manifest.replace("cpu_seconds = 5", "cpu_seconds = 2\ntraining_cpu_seconds = 3")
    (folder / "homework.toml").write_text(manifest)
    head = "import pytest\nfrom autograder.checks import expect_value\n"
    (folder / "test_public.py").write_text(head + "".join(CHECK.format(number=number) for number in NUMBERS))
    (solution(course) / "test_hidden.py").write_text("")
    return course


def hand_in(course: Course, student: str, body: str) -> None:
    folder = course.root / "submitted" / student
    folder.mkdir(parents=True)
    (folder / "dice.py").write_text(f"def double(x):\n    {body}\n    return 2 * x\n")


def test_endless_loops_cost_two_limits(course: Course) -> None:
    """The other student's grade is not touched, and the message names the function."""
    hand_in(course, "eve", "while True: pass")
    hand_in(course, "ada", "pass")
    command = [sys.executable, "-m", "autograder", "grade", "dice", "--course", str(course.root)]
    subprocess.run(command, check=True, timeout=300, cwd=Path(__file__).parents[2])
    lines = (course.root / "graded/dice/results.jsonl").read_text().splitlines()
    records = {record["student"]: record for record in map(json.loads, lines)}
    assert {name: record["score"] for name, record in records.items()} == {"ada": 8, "eve": 0}
    checks = records["eve"]["checks"]
    assert [check["status"] for check in checks] == ["timeout"] * len(NUMBERS)
    told = [check["message"] for check in checks]
    assert re.match(r"double was stopped because it computed for [0-9]+ seconds", told[0])
    refused = [
        message for message in told if message.startswith("double was not checked, because no time was left")
    ]
    assert len(refused) >= 3  # two limits of 2 seconds, and 3 seconds for the rest
    assert re.search(r"out of time: double after [0-9]+ seconds, double after [0-9]+ seconds\.", told[-1])
