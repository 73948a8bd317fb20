"""Twelve students and the three homeworks of this course: from nothing written to everything right."""

from __future__ import annotations

import re
from pathlib import Path

from gradebook.school import ROOT, School

HOMEWORKS = ("cnn", "rnn", "gan")
STUDENTS = tuple(f"s{number:02}" for number in range(1, 13))
_REGION = re.compile(r"( +)### BEGIN SOLUTION\n.*?### END SOLUTION\n", re.DOTALL)
COMPLETE = {("s01", "cnn")}
"""Who has the reference: training costs most of the time."""
NOT_HANDED_IN = {("s03", "gan"), ("s12", "cnn"), ("s12", "gan")}
BROKEN = {("s04", "rnn"): "def lstm_step(x, h, c:\n", ("s05", "gan"): "import nowhere\n"}


def write_homework(folder: Path, student: str, homework: str) -> None:
    """Write what a student has of a homework into their folder of it."""
    for path in sorted((ROOT / "solutions" / homework).glob("*.py")):
        if not (folder / path.name).exists() or path.name.startswith("test_"):
            continue
        source = path.read_text(encoding="utf-8")
        if (student, homework) not in COMPLETE:
            source = BROKEN.get((student, homework)) or first_functions(source, int(student[1:]) % 4)
        (folder / path.name).write_text(source, encoding="utf-8")


def first_functions(source: str, count: int) -> str:
    """Return a reference of which only the first functions are written."""
    seen = 0

    def cut(region: re.Match[str]) -> str:
        nonlocal seen
        seen += 1
        return region[0] if seen <= count else f"{region[1]}raise NotImplementedError\n"

    return _REGION.sub(cut, source)


def handed_in(homework: str) -> list[str]:
    """Return who hands in a homework."""
    return [student for student in STUDENTS if (student, homework) not in NOT_HANDED_IN]


def teach(school: School) -> None:
    """Release everything, let everybody fetch, work and submit, collect, and grade."""
    for homework in HOMEWORKS:
        school.nbgrader("generate_assignment", homework)
    course = school.course
    school.many(
        [
            *((course, ["release_assignment", homework]) for homework in HOMEWORKS),
            *((course, ["db", "student", "add", student]) for student in STUDENTS),
        ]
    )
    everything = [(student, homework) for homework in HOMEWORKS for student in handed_in(homework)]
    school.many([(school.home(student), ["fetch_assignment", homework]) for student, homework in everything])
    for student, homework in everything:
        write_homework(school.home(student) / homework, student, homework)
    school.many(
        [
            (school.home(student), ["submit", homework, f"--student={student}"])
            for student, homework in everything
        ]
    )
    school.many([(course, ["collect", homework]) for homework in HOMEWORKS])
    for homework in HOMEWORKS:
        school.autograder("grade", homework)
    for homework in HOMEWORKS:
        school.nbgrader("autograde", homework)
