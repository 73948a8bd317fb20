"""The chaffs of this course show only their mistakes."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from autograder.authoring.specimens import Kind, specimens
from autograder.authoring.stubs import cut_stub
from autograder.homework import Course, SolvedHomework

COURSE = Course.find(Path(__file__))
MOST_LINES = 24
"""On average, docstring included."""


def chaff_files(homework: SolvedHomework) -> list[Path]:
    return sorted((homework.solution / "chaff").rglob("*.py"))


def functions(text: str) -> dict[str, str]:
    """Return the functions of a module without their comments, by name."""
    return {
        node.name: ast.unparse(node) for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)
    }


def test_chaffs_are_short() -> None:
    files = [path for name in COURSE.homework_names() for path in chaff_files(COURSE.homework(name))]
    lines = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in files)
    assert lines <= MOST_LINES * len(files)


@pytest.mark.parametrize("name", COURSE.homework_names())
def test_chaffs_copy_no_function_of_the_reference(name: str) -> None:
    homework = COURSE.homework(name)
    known = {name: functions((homework.solution / name).read_text()) for name in homework.files}
    expected = {text for texts in known.values() for text in texts.values()}
    for path in chaff_files(homework):
        assert expected.isdisjoint(functions(path.read_text()).values()), path


@pytest.mark.parametrize("name", COURSE.homework_names())
def test_chaffs_are_handed_in_with_all_functions(name: str) -> None:
    reference, *others = specimens(COURSE.homework(name))
    for chaff in others:
        for file, text in chaff.files.items() if chaff.kind is Kind.CHAFF else ():
            found, expected = functions(text), functions(cut_stub(reference.files[file], file))
            written = {name for name, stub in expected.items() if "NotImplementedError" in stub}
            assert written <= found.keys(), chaff.name
