"""Names of students in nbgrader's folders and gradebook."""

from __future__ import annotations

import csv
import os
import sys
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from traitlets.config import Config

from autograder.homework import Course
from autograder.nbgrader.collect import CarefulCollect
from autograder.nbgrader.export import GradesCsv
from autograder.nbgrader.inject import _entry
from autograder.submission import UnclearSubmission, read_submission
from gradebook.small_course import NAME, write_small_course

COMPOSED, DECOMPOSED = "Zo\u00eb", "Zoe\u0308"


@pytest.mark.parametrize("name", [COMPOSED, DECOMPOSED])
def test_two_forms_of_a_name_need_staff(tmp_path: Path, name: str) -> None:
    write_small_course(tmp_path)
    for student in (COMPOSED, DECOMPOSED):
        (tmp_path / "submitted" / student / NAME).mkdir(parents=True)
        (tmp_path / "submitted" / student / NAME / f"{NAME}.py").touch()
    entry = _entry(tmp_path / "submitted", name)
    with pytest.raises(UnclearSubmission, match="There are 2 submissions"):
        read_submission(entry, Course(tmp_path).homework(NAME))


def test_an_export_notes_names_that_look_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_small_course(tmp_path)
    # nbgrader makes a gradebook with a command that is installed beside this Python.
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    config = Config()
    config.CourseDirectory.root = str(tmp_path)
    with Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}") as gradebook:
        gradebook.add_assignment(NAME)
        for student in ("ada", "Ada", "ada\u200b", "bob"):
            gradebook.add_student(student)
        exporter = GradesCsv(config=config)
        exporter.to = str(tmp_path / "grades.csv")
        exporter.export(gradebook)
    with (tmp_path / "grades.csv").open(newline="", encoding="utf-8") as file:
        rows = {row["student"]: row["note"] for row in csv.DictReader(file)}
    assert rows == {
        "Ada": "The name looks like ada, ada<U+200B>.",
        "ada": "The name looks like Ada, ada<U+200B>.",
        "ada<U+200B>": "The name looks like Ada, ada.",
        "bob": "",
    }


@pytest.mark.parametrize("name", ["white\u200bspace", "a\u3164b", "a\ufe0f", "a\x1b[2J", "a*"])
def test_hidden_characters_are_not_collected(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="Expected a student's name without") as refused:
        CarefulCollect(config=Config())._refuse(tmp_path, name)
    assert str(refused.value).isprintable()
