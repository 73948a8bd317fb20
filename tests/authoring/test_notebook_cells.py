"""The graded cells of a notebook are those that its homework declares."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from gradebook.small_course import NAME, check_cell, text, write_small_course

from autograder.authoring.notebook_cells import verify_notebook
from autograder.homework import Course, Homework, HomeworkError

COURSE = Course.find(Path(__file__))


@pytest.fixture
def homework(tmp_path: Path) -> Homework:
    write_small_course(tmp_path)
    return Course(tmp_path).homework(NAME)


@pytest.mark.parametrize("name", COURSE.homework_names())
def test_the_notebooks_of_this_course_are_valid(name: str) -> None:
    """Their graded cells match the manifest, and each notebook has enough of them."""
    homework = COURSE.homework(name)
    assert homework.notebook is not None
    assert len(homework.notebook.checks) >= 5
    assert len(homework.notebook.answers) == 2
    verify_notebook(homework)


def remove(cells: list[dict[str, Any]], name: str) -> None:
    cells[:] = [cell for cell in cells if cell["id"] != name]


def change(cells: list[dict[str, Any]], name: str, **entries: Any) -> None:
    [cell] = [cell for cell in cells if cell["id"] == name]
    cell["metadata"]["nbgrader"] |= entries


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda cells: remove(cells, "others"), "Missing: others. Not declared: none."),
        (lambda cells: cells.append(check_cell("more", 1)), "Missing: none. Not declared: more."),
        (lambda cells: cells.append(check_cell("others", 5)), "two graded cells are named 'others'"),
        (lambda cells: change(cells, "others", points=4), "to be a cell of code worth 5 points"),
        (
            lambda cells: change(cells, "doubling", locked=False),
            "worth 2 points, locked, for checks. Received:",
        ),
        (lambda cells: change(cells, "why", points=2), "to be a cell of markdown worth 3 points"),
        (lambda cells: change(cells, "why", solution=False), "not locked, for a person to grade. Received:"),
        (lambda cells: change(cells, "why", grade=False), "Missing: why"),
        (
            lambda cells: cells.append(text("more", "", grade=False, task=True, points=5)),
            "Not declared: more.",
        ),
    ],
)
def test_each_difference_is_named(
    homework: Homework, edit: Callable[[list[dict[str, Any]]], None], words: str
) -> None:
    verify_notebook(homework)
    notebook = json.loads(homework.notebook_file.read_text())
    edit(notebook["cells"])
    homework.notebook_file.write_text(json.dumps(notebook))
    with pytest.raises(HomeworkError) as caught:
        verify_notebook(homework)
    assert words in str(caught.value)
    assert str(homework.notebook_file) in str(caught.value)


def test_a_missing_or_broken_notebook_is_named(homework: Homework) -> None:
    homework.notebook_file.write_text("{")
    with pytest.raises(HomeworkError, match="is not a notebook"):
        verify_notebook(homework)
    homework.notebook_file.unlink()
    with pytest.raises(HomeworkError, match="declares its graded cells"):
        verify_notebook(homework)
