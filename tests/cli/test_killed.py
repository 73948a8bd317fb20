"""`autograder grade`, killed at random moments: nothing that was finished is lost, doubled or left behind."""

from __future__ import annotations

import csv
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from process_tree import alive, descendants
from tiny_course import without_luck, write_tiny_course

ROOT = Path(__file__).parents[2]
STUDENTS = 4
SLEEP = "import time\n\n\ndef double(x):\n    time.sleep(0.2)\n    return 2 * x\n"


class Course:
    """A course whose class is graded by a command, with a folder for temporary files of its own."""

    def __init__(self, folder: Path) -> None:
        self.root, self.temporary = folder / "course", folder / "tmp"
        self.temporary.mkdir()
        without_luck(write_tiny_course(self.root))
        self.out = self.root / "graded/dice"
        for number in range(STUDENTS):
            self.hand_in(f"s{number}")

    def hand_in(self, student: str) -> None:
        folder = self.root / "submitted" / student
        folder.mkdir(parents=True)
        (folder / "dice.py").write_text(f"# {student}\n{SLEEP}")

    def start(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "autograder", "grade", "dice", "--course", str(self.root)]
        return subprocess.Popen(
            [*command, "--jobs", "2"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=ROOT,
            env=os.environ | {"TMPDIR": str(self.temporary)},
        )

    def finished(self) -> list[str]:
        """Return the students of the whole lines of the record, one for each line."""
        journal = self.out / "results.jsonl"
        lines = journal.read_text(encoding="utf-8").split("\n")[:-1] if journal.exists() else []
        return [json.loads(line)["student"] for line in lines if line.endswith("}")]

    def begin_anew(self) -> None:
        shutil.rmtree(self.out)
        shutil.rmtree(self.root / ".autograder/store")


@pytest.mark.parametrize(
    "kills", [pytest.param(20, marks=pytest.mark.slow), pytest.param(100, marks=pytest.mark.endurance)]
)
def test_nothing_is_lost_by_kills(tmp_path: Path, kills: int) -> None:
    """After each kill the record holds what it held; at the end each student is there once."""
    course, moments = Course(tmp_path), random.Random(21)
    mounts = Path("/proc/self/mountinfo").read_text()
    started, killed_at_work = time.monotonic(), 0
    course.start().communicate(timeout=120)
    whole = time.monotonic() - started
    for _ in range(kills):
        before = course.finished()
        if len(before) == STUDENTS:
            assert Counter(before) == dict.fromkeys(before, 1)
            course.begin_anew()
            before = []
        process = course.start()
        time.sleep(moments.uniform(0, whole))
        below = descendants(process.pid)
        process.kill()
        process.communicate()
        killed_at_work += bool(below)
        until = time.monotonic() + 30
        while left := alive(below):
            assert time.monotonic() < until, left
            time.sleep(0.02)
        assert course.finished()[: len(before)] == before
    assert killed_at_work > kills / 4  # otherwise the moments are too early or too late
    check_the_end(course)
    assert Path("/proc/self/mountinfo").read_text() == mounts


def check_the_end(course: Course) -> None:
    """Grade the rest without a kill; expect each student once, and no folder that a killed run made."""
    time.sleep(61)  # younger folders may belong to a run that has just begun
    course.hand_in("last")
    output, _ = course.start().communicate(timeout=120)
    assert f"{STUDENTS + 1} graded" in output, output
    assert sorted(course.finished()) == sorted(["last", *(f"s{number}" for number in range(STUDENTS))])
    with (course.out / "grades.csv").open(newline="", encoding="utf-8-sig") as file:
        scores = {row["student"]: float(row["score"]) for row in csv.DictReader(file)}
    assert scores == dict.fromkeys(scores, 2.0)
    assert len(scores) == STUDENTS + 1
    assert list(course.temporary.iterdir()) == []
    assert list(course.out.rglob(".*.tmp")) == []
