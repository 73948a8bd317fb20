"""What must not leave the course does not, and what would give it away does not even load."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from gradebook.school import School, notebook_at
from gradebook.small_course import NAME, REFERENCE, code, write_small_course

LINE = "    return x + x + x + 0 * x\n"


@pytest.fixture
def school(tmp_path: Path) -> School:
    write_small_course(tmp_path / "files")
    return School(tmp_path).open(files=tmp_path / "files")


def source(school: School) -> Path:
    return school.course / "assignments" / NAME


def test_a_solution_in_the_source_stops_commands(school: School) -> None:
    (source(school) / "maths.py").write_text(REFERENCE)
    printed = school.nbgrader("generate_assignment", NAME, ends_with=1)
    assert "nbgrader_config.py refuses to load" in printed
    assert "maths.py is not the stub that is cut from its reference" in printed
    assert "Run: autograder release maths" in printed
    assert not (school.course / "release").exists()


def test_a_leak_stops_the_release(school: School) -> None:
    """It may be in the notebook or in a file beside it."""
    path = source(school) / f"{NAME}.ipynb"
    clean = notebook_at(path)
    leaking = clean | {"cells": [*clean["cells"], code("idea", f"def idea(x):\n{LINE}")]}
    path.write_text(json.dumps(leaking))
    printed = school.nbgrader("generate_assignment", NAME, ends_with=1)
    assert "students must not see" in printed
    assert "return x + x + x + 0 * x" in printed
    assert not (school.course / "release" / NAME).exists()

    path.write_text(json.dumps(clean))
    shutil.copy(school.course / "solutions" / NAME / "test_hidden.py", source(school) / "notes.txt")
    printed = school.nbgrader("generate_assignment", NAME, ends_with=1)
    assert "notes.txt" in printed
    assert not (school.course / "release" / NAME).exists()


def test_a_notebook_with_wrong_points_is_refused(school: School) -> None:
    path = source(school) / f"{NAME}.ipynb"
    path.write_text(path.read_text().replace('"points": 5', '"points": 50'))
    printed = school.nbgrader("generate_assignment", NAME, ends_with=1)
    assert "expected the cell others to be a cell of code worth 5 points, locked, for checks" in printed
    assert "Received: a cell of code worth 50 points" in printed
    assert not (school.course / "release" / NAME).exists()


def test_a_refused_release_keeps_the_gradebook(school: School) -> None:
    school.nbgrader("generate_assignment", NAME)
    path = source(school) / f"{NAME}.ipynb"
    path.write_text(path.read_text().replace('"points": 5', '"points": 50'))
    school.nbgrader("generate_assignment", NAME, "--force", ends_with=1)
    with Gradebook(f"sqlite:///{school.course / 'gradebook.db'}") as gradebook:
        assert gradebook.find_assignment(NAME).max_score == 10


def test_settings_never_overwrite_students_files(school: School) -> None:
    """The configuration refuses to load."""
    add_setting(school, "config.Autograde.exclude_overwriting = {'maths': ['notes.txt']}")
    printed = school.nbgrader("generate_assignment", NAME, ends_with=1)
    assert "nbgrader_config.py refuses to load" in printed
    assert "exclude_overwriting to name maths.py of maths" in printed
    assert not (school.course / "release").exists()


def test_options_never_overwrite_students_files(school: School) -> None:
    """Nobody is graded."""
    school.nbgrader("generate_assignment", NAME)
    hand_in(school, "ann")
    option = "--Autograde.exclude_overwriting=maths=[]"
    printed = school.nbgrader("autograde", NAME, option, ends_with=1)
    assert "exclude_overwriting to name maths.py of maths" in printed
    assert not (school.course / "autograded/ann" / NAME).exists()


def test_settings_cannot_make_notebooks_run(school: School) -> None:
    """They may keep more files of the students from being overwritten."""
    add_setting(school, "c = get_config()  # as in nbgrader's manual")
    add_setting(school, "c.Autograde.exclude_overwriting = {'maths': ['maths.py', 'notes.txt']}")
    add_setting(school, "config.Autograde.autograde_preprocessors = ['nbgrader.preprocessors.Execute']")
    school.nbgrader("generate_assignment", NAME)
    ran = plant_cell(school, "ann")
    school.nbgrader("autograde", NAME)
    assert not ran.exists()
    assert school.exported()[NAME, "ann"]["status"] == "graded"


@pytest.mark.parametrize(
    ("line", "words"),
    [("config.Exchange.root = nowhere", "NameError: name 'nowhere'"), ("= = True", "SyntaxError: invalid")],
)
def test_broken_settings_stop_every_command(school: School, line: str, words: str) -> None:
    """The message names the line."""
    number = len(school.settings.read_text().splitlines()) + 1
    add_setting(school, line)
    printed = school.nbgrader("generate_assignment", NAME, ends_with=1)
    assert f"nbgrader_config.py refuses to load. {school.settings}, line {number}: {words}" in printed
    assert not (school.course / "release").exists()


def test_no_cell_runs_without_the_configuration(school: School) -> None:
    """nbgrader itself goes on with its defaults when its file cannot be loaded."""
    school.nbgrader("generate_assignment", NAME)
    ran = plant_cell(school, "ann")
    config = school.course / "nbgrader_config.py"
    config.write_text(f"{config.read_text()}\n= = True\n")  # nbgrader logs it, and goes on with its defaults
    printed = school.nbgrader("autograde", NAME, ends_with=1)
    assert "no-student-cell-is-run" in printed
    assert not ran.exists()


def add_setting(school: School, line: str) -> None:
    """Add a line to the course's settings."""
    school.settings.write_text(f"{school.settings.read_text()}{line}\n")


def plant_cell(school: School, student: str) -> Path:
    """Hand in a notebook with a cell that writes a file; return that file's path."""
    folder, ran = hand_in(school, student), school.root / "ran"
    path = folder / f"{NAME}.ipynb"
    notebook = notebook_at(path)
    notebook["cells"].append(code("mine", f"open({str(ran)!r}, 'w')"))
    path.write_text(json.dumps(notebook))
    return ran


def hand_in(school: School, student: str) -> Path:
    """Put a released folder among the submissions."""
    folder = school.course / "submitted" / student / NAME
    shutil.copytree(school.course / "release" / NAME, folder)
    return folder


def test_feedback_leaks_no_line_of_the_solution(school: School) -> None:
    """A student who wrote the same line gets the page."""
    school.nbgrader("generate_assignment", NAME)
    own = hand_in(school, "ann")
    (own / "maths.py").write_text(f"def triple(x):\n{LINE}")
    notebook = notebook_at(own / f"{NAME}.ipynb")
    notebook["cells"].append(code("mine", f"def idea(x):\n{LINE}"))
    (own / f"{NAME}.ipynb").write_text(json.dumps(notebook))
    hand_in(school, "bob")
    school.autograder("grade", NAME)
    school.nbgrader("autograde", NAME)
    # As if a check had quoted the reference: the feedback of a student who never wrote that line.
    graded = school.course / "autograded/bob" / NAME / f"{NAME}.ipynb"
    graded.chmod(0o644)
    graded.write_text(graded.read_text().replace("is not written yet", f"is {LINE.strip()}"))
    printed = school.nbgrader("generate_feedback", NAME, ends_with=1)
    assert "students must not see" in printed
    assert (school.course / "feedback/ann" / NAME / f"{NAME}.html").exists()
    assert not (school.course / "feedback/bob" / NAME).exists()


def test_one_submission_for_staff_stops_no_other(school: School) -> None:
    """The command names it and fails; the others are graded."""
    school.nbgrader("generate_assignment", NAME)
    hand_in(school, "ann")
    twice = hand_in(school, "bob")
    (twice / "copy.py").hardlink_to(twice / "maths.py")  # maybe somebody else's file: for a person to decide
    school.autograder("grade", NAME, ends_with=3)
    printed = school.nbgrader("autograde", NAME, ends_with=1)
    assert "maths of bob has no grade yet" in printed
    rows = {student: row for (_, student), row in school.exported().items()}
    assert (rows["ann"]["status"], rows["ann"]["checks"]) == ("graded", "0")
    assert (rows["bob"]["status"], rows["bob"]["score"]) == ("needs_staff", "")
