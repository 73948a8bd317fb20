"""A course with one small homework and a notebook, for what students may do to nbgrader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from autograder.authoring.stubs import cut_stub

NAME = "maths"
MANIFEST = """\
name = "maths"
title = "Small mathematics"
dataset = "none"
max_score = 7
files = ["maths.py"]
checks = ["double", "triple", "half"]

[limits]
cpu_seconds = 5

[notebook.checks]
doubling = ["double"]
others = ["triple", "half"]

[notebook.answers]
why = 3

[late]
free_minutes = 10
percent_per_day = 10
most_percent = 50
"""
PUBLIC = '''\
import numpy as np
import pytest
from autograder.checks import CheckFailed, expect_value
from autograder.pictures import image_grid


@pytest.mark.points(2)
def test_double(submission, picture):
    """double doubles."""
    picture("square", image_grid(np.ones((1, 8, 8)), 1), "A square.")
    expect_value("double(4)", submission.call("double", 4), 8, reveal=True)
'''
HIDDEN = '''\
import pytest
from autograder.checks import PartialCredit, expect_value

pytestmark = pytest.mark.visibility("hidden")


@pytest.mark.points(3)
def test_triple(submission):
    """triple triples."""
    secret_number_of_this_check = 14 * 3 + 0
    expect_value("triple(14)", submission.call("triple", 14), secret_number_of_this_check)


@pytest.mark.points(2)
def test_half(submission):
    """half halves, also odd numbers."""
    expect_value("half(4)", submission.call("half", 4), 2)
    if submission.call("half", 5) != 2.5:
        raise PartialCredit(0.25, "Odd numbers have halves, too.")
'''
REFERENCE = '''\
"""Small mathematics."""


def double(x):
    """Return twice x."""
    ### BEGIN SOLUTION
    return x * (1 + 1) + 0
    ### END SOLUTION


def triple(x):
    """Return three times x."""
    ### BEGIN SOLUTION
    return x + x + x + 0 * x
    ### END SOLUTION


def half(x):
    """Return half of x."""
    ### BEGIN SOLUTION
    return x / (1 + 1) - 0
    ### END SOLUTION
'''
RIGHT = """
def double(x):
    return x + x

def triple(x):
    return 3 * x

def half(x):
    return x / 2
"""


def code(name: str, source: str, **graded: Any) -> dict[str, Any]:
    """Return a cell of code."""
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": name,
        "metadata": _metadata(name, graded),
        "outputs": [],
        "source": source,
    }


def text(name: str, source: str, **graded: Any) -> dict[str, Any]:
    """Return a cell of text."""
    return {"cell_type": "markdown", "id": name, "metadata": _metadata(name, graded), "source": source}


def _metadata(name: str, graded: dict[str, Any]) -> dict[str, Any]:
    if not graded:
        return {}
    entries = {"grade": True, "grade_id": name, "schema_version": 3, "task": False}
    return {"nbgrader": entries | graded}


def notebook(*cells: dict[str, Any]) -> dict[str, Any]:
    """Return a notebook."""
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def check_cell(group: str, points: float) -> dict[str, Any]:
    """Return the locked cell of a group of checks."""
    source = f'from autograder.notebook import check\n\ncheck("{group}")'
    return code(group, source, locked=True, solution=False, points=points)


def write_small_course(root: Path) -> None:
    """Write the course's source and solutions to a folder."""
    folder, solution = root / "assignments" / NAME, root / "solutions" / NAME
    for path in (folder, solution / "wheat", solution / "chaff"):
        path.mkdir(parents=True)
    (folder / "homework.toml").write_text(MANIFEST)
    (folder / "test_public.py").write_text(PUBLIC)
    (solution / "test_hidden.py").write_text(HIDDEN)
    (solution / "maths.py").write_text(REFERENCE)
    (folder / "maths.py").write_text(cut_stub(REFERENCE, "maths.py"))
    cells = [
        text("title", "# Small mathematics"),
        code("setup", "import maths"),
        check_cell("doubling", 2),
        check_cell("others", 5),
        text("question", "Why?"),
        text("why", "YOUR ANSWER HERE", locked=False, solution=True, points=3),
    ]
    (folder / f"{NAME}.ipynb").write_text(json.dumps(notebook(*cells), indent=1))
