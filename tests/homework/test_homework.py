"""Manifests and courses: what is wrong is named, with its file."""

from pathlib import Path

import pytest

from autograder.homework import (
    Course,
    HomeworkError,
    HomeworkLimits,
    LatePolicy,
    NotebookCells,
    SolvedHomework,
    load_homework,
)

GOOD = """
name = "cnn"
title = "Networks"
dataset = "digits"
max_score = 4.5
files = ["cnn.py"]
checks = ["one", "two"]
"""
CELLS = '\n[notebook.checks]\na = ["one"]\nb = ["two"]\n'
LATE = "\n[late]\npercent_per_day = 10\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "assignments" / "cnn"
    path.mkdir(parents=True)
    (tmp_path / "solutions").mkdir()
    (path / "homework.toml").write_text(GOOD)
    return path


def test_a_manifest_is_read(folder: Path) -> None:
    homework = load_homework(folder)
    assert (homework.name, homework.max_score, homework.checks) == ("cnn", 4.5, ("one", "two"))
    assert homework.limits == HomeworkLimits()
    assert homework.check_files == (folder / "test_public.py",)


def test_hidden_checks_may_be_in_several_files(folder: Path) -> None:
    solution = folder.parent.parent / "solutions/cnn"
    solution.mkdir()
    for name in ("test_hidden_b.py", "test_hidden.py", "test_hidden_a.py", "test_other.py"):
        (solution / name).touch()
    names = [path.name for path in SolvedHomework.of(load_homework(folder), solution).check_files]
    assert names == ["test_public.py", "test_hidden.py", "test_hidden_a.py", "test_hidden_b.py"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('title = "Networks"', "", "expected an entry 'title'"),
        ("max_score = 4.5", 'max_score = "much"', "expected 'max_score' to be int | float. Received: 'much'"),
        ('files = ["cnn.py"]', "files = []", "expected 'files' to be a list of names"),
        ('files = ["cnn.py"]', 'files = ["../cnn.py"]', "module names such as cnn.py. Received: '../cnn.py'"),
        ('files = ["cnn.py"]', 'files = ["cnn.txt"]', "module names such as cnn.py"),
        ('["one", "two"]', '["one", "one"]', "names something twice"),
        ("max_score", "colour = 1\nmax_score", "unknown entries colour"),
        ("max_score = 4.5", "max_score = ", "is not valid TOML"),
        ('["one", "two"]', '["one"]\n[limits]\ncpu_seconds = 0', "expected limits.cpu_seconds above 0"),
        ('["one", "two"]', '["one"]\n[limits]\nspeed = 1', "unknown entries speed"),
        ('["one", "two"]', '["one"]\n[limits]\nmemory_mb = true', "expected 'memory_mb' to be int"),
        ('["one", "two"]', '["one", 2]', "expected 'checks' to be a list of names"),
        ("max_score = 4.5", "max_score = true", "expected 'max_score' to be int | float. Received: True"),
        ("max_score = 4.5", "max_score = 0", "expected max_score above 0. Received: 0"),
        ("max_score = 4.5", "max_score = -1", "expected max_score above 0. Received: -1"),
        ("max_score = 4.5", "max_score = nan", "expected max_score above 0. Received: nan"),
        ("max_score = 4.5", "max_score = inf", "expected max_score above 0. Received: inf"),
        ('files = ["cnn.py"]', 'files = ["a/cnn.py"]', "module names such as cnn.py"),
        ('files = ["cnn.py"]', 'files = ["/cnn.py"]', "module names such as cnn.py"),
        ('files = ["cnn.py"]', 'files = ["my-cnn.py"]', "module names such as cnn.py"),
        ('files = ["cnn.py"]', 'files = ["cnn.py", "cnn.py"]', "'files' names something twice"),
        ('["one", "two"]', f'["one", "two"]{CELLS}c = ["three"]', "Unknown or named twice: three"),
        ('["one", "two"]', f'["one", "two"]{CELLS}c = ["one"]', "Unknown or named twice: one"),
        ('["one", "two"]', '["one", "two"]\n[notebook.checks]\na = ["one"]', "Not named: two"),
        ('["one", "two"]', f'["one", "two"]{CELLS}"c d" = ["one"]', "cells with plain names"),
        ('["one", "two"]', f'["one", "two"]{CELLS}[notebook.answers]\na = 1', "alike: a"),
        (
            '["one", "two"]',
            f'["one", "two"]{CELLS}[notebook.answers]\nwhy = 0',
            "notebook.answers.why above 0",
        ),
        ('["one", "two"]', f'["one", "two"]{CELLS}[notebook.more]\nwhy = 1', "unknown entries more"),
        ('["one", "two"]', '["one", "two"]\n[late]\nfree_minutes = 5', "entry 'percent_per_day'"),
        ('["one", "two"]', '["one", "two"]\n[late]\npercent_per_day = 0', "late.percent_per_day above 0"),
        (
            '["one", "two"]',
            f'["one", "two"]{LATE}most_percent = 101',
            "late.most_percent above 0 and up to 100",
        ),
        (
            '["one", "two"]',
            f'["one", "two"]{LATE}free_minutes = -1',
            "late.free_minutes from 0. Received: -1",
        ),
        ('["one", "two"]', f'["one", "two"]{LATE}days = 1', "unknown entries days"),
    ],
)
def test_each_error_names_the_manifest(folder: Path, old: str, new: str, words: str) -> None:
    path = folder / "homework.toml"
    path.write_text(GOOD.replace(old, new))
    with pytest.raises(HomeworkError) as caught:
        load_homework(folder)
    assert words in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_manifest_that_cannot_be_read_is_named(folder: Path) -> None:
    path = folder / "homework.toml"
    path.write_bytes(b'name = "\xff"')
    with pytest.raises(HomeworkError, match=r"homework\.toml is not valid TOML"):
        load_homework(folder)
    path.unlink()
    path.mkdir()
    with pytest.raises(HomeworkError, match=r"homework\.toml cannot be read: Is a directory"):
        load_homework(folder)


def test_a_folder_without_manifest_is_named(tmp_path: Path) -> None:
    with pytest.raises(HomeworkError, match=r"Expected a homework\.toml in"):
        load_homework(tmp_path)


def test_a_course_is_found_only_from_below(folder: Path) -> None:
    course = Course.find(folder)
    assert course.root == folder.parents[1].resolve()
    assert course.homework_names() == ["cnn"]
    with pytest.raises(HomeworkError, match="Expected a course"):
        Course.find(folder.parents[2])


def test_an_unknown_homework_lists_the_known_ones(folder: Path) -> None:
    with pytest.raises(HomeworkError, match=r"one of the homeworks cnn\. Received: 'rnn'"):
        Course.find(folder).homework("rnn")


def test_a_course_without_homework_says_so(tmp_path: Path) -> None:
    with pytest.raises(HomeworkError, match=r"one of the homeworks \(there is none yet\)"):
        Course(tmp_path).homework("cnn")


def test_a_manifest_has_the_name_of_its_folder(folder: Path) -> None:
    """Another name is refused."""
    (folder / "homework.toml").write_text(GOOD.replace('"cnn"\n', '"gan"\n', 1))
    with pytest.raises(HomeworkError, match=r"expected name = 'cnn'\. Received: 'gan'"):
        Course.find(folder).homework("cnn")


def test_graded_cells_and_lateness_are_read(folder: Path) -> None:
    assert (load_homework(folder).notebook, load_homework(folder).late) == (None, None)
    answers = "[notebook.answers]\nwhy = 2\n"
    (folder / "homework.toml").write_text(
        f"{GOOD}{CELLS}{answers}{LATE}free_minutes = 15\nmost_percent = 50\n"
    )
    homework = load_homework(folder)
    assert homework.notebook == NotebookCells({"a": ("one",), "b": ("two",)}, {"why": 2.0})
    assert homework.late == LatePolicy(percent_per_day=10, free_minutes=15, most_percent=50)


@pytest.mark.parametrize(
    ("seconds", "share"),
    [(0, 0), (900, 0), (901, 0.1), (86_400, 0.1), (86_401, 0.2), (5 * 86_400, 0.5), (99 * 86_400, 0.5)],
)
def test_each_begun_day_of_lateness_costs_points(seconds: float, share: float) -> None:
    """The first minutes are free, and there is a maximum."""
    policy = LatePolicy(percent_per_day=10, free_minutes=15, most_percent=50)
    assert policy.share_lost(seconds) == pytest.approx(share)
