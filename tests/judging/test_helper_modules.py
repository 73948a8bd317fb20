"""Helper modules that checks import from beside them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.homework import Homework, HomeworkError, SolvedHomework, helper_modules, load_homework
from autograder.judging.run_checks import run_checks, verify_manifest
from autograder.judging.session import GradingSession
from autograder.result import CheckStatus
from autograder.sandbox.runner import Job, Reply
from autograder.submission import Submission

pytest_plugins = ["pytester"]

MANIFEST = """\
name = "toy"
title = "Toy"
dataset = "digits"
max_score = 4
files = ["toy.py"]
checks = ["seen", "unseen"]
"""
PUBLIC = '''\
import pytest
from toy_tables import SEVEN

@pytest.mark.points(2)
def test_seen():
    """Is seven."""
    assert SEVEN == 7
'''
HIDDEN = '''\
import pytest

pytestmark = pytest.mark.visibility("hidden")

@pytest.mark.points(2)
def test_unseen(seven):
    """Is new."""
    from toy_memory import SEEN
    SEEN.append(seven)
    assert SEEN == [7]
'''
FIXTURES = "import pytest\nfrom toy_tables import SEVEN\n@pytest.fixture\ndef seven():\n    return SEVEN\n"

Make = Callable[..., SolvedHomework]


class NoRunner:
    """These checks run no student code."""

    def run(self, job: Job) -> Reply:
        raise AssertionError(job)


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Return a function that writes a homework; ``hidden__x`` is solutions/toy/x.py."""

    def write(place: str = "course", **files: str) -> SolvedHomework:
        folder, solution = tmp_path / place / "assignments" / "toy", tmp_path / place / "solutions" / "toy"
        contents = {
            "public/homework.toml": MANIFEST,
            "public/test_public.py": PUBLIC,
            "public/conftest.py": FIXTURES,
            "public/toy_tables.py": "SEVEN = 7\n",
            "hidden/test_hidden.py": HIDDEN,
            "hidden/toy_memory.py": "SEEN = []\n",
            **{f"{name.replace('__', '/')}.py": text for name, text in files.items()},
        }
        for name, text in contents.items():
            where, _, file = name.partition("/")
            path = (folder if where == "public" else solution) / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return SolvedHomework.of(load_homework(folder), solution)

    return write


def statuses(homework: SolvedHomework) -> dict[str, CheckStatus]:
    submission = Submission("ada", {"toy.py": ""}, "sha256:0")
    session = GradingSession(homework, submission, NoRunner(), bytes(32))
    run_checks(session)
    return {result.id: result.status for result in session.results}


def names(homework: Homework) -> list[str]:
    return list(helper_modules(homework))


def test_checks_and_fixtures_import_helpers(make: Make) -> None:
    homework = make()
    verify_manifest(homework)
    assert set(statuses(homework).values()) == {CheckStatus.PASSED}


def test_helpers_are_new_for_each_submission(make: Make) -> None:
    homework = make()
    before = set(sys.modules), list(sys.meta_path)
    assert [statuses(homework)["unseen"] for _ in range(2)] == [CheckStatus.PASSED] * 2
    assert "toy_memory" not in sys.modules
    assert list(sys.meta_path) == before[1]


def test_two_homeworks_may_use_one_name(make: Make) -> None:
    first, second = make("first"), make("second", public__toy_tables="SEVEN = 8\n")
    assert [statuses(one)["seen"] for one in (first, second, first)] == [
        CheckStatus.PASSED,
        CheckStatus.FAILED,
        CheckStatus.PASSED,
    ]


def test_helpers_are_followed_through_helpers(make: Make) -> None:
    homework = make(
        hidden__toy_memory="import toy_deep\nSEEN = toy_deep.NOTHING\n", hidden__toy_deep="NOTHING = []\n"
    )
    assert names(homework) == ["toy_deep", "toy_memory", "toy_tables"]
    verify_manifest(homework)
    assert set(statuses(homework).values()) == {CheckStatus.PASSED}


def test_what_no_check_imports_is_no_helper(make: Make) -> None:
    assert names(make(hidden__train_toys="import keras\n")) == ["toy_memory", "toy_tables"]


def test_a_student_has_the_public_helpers(make: Make) -> None:
    assert names(load_homework(make().folder)) == ["toy_tables"]


def test_plain_pytest_imports_a_public_helper(make: Make, pytester: pytest.Pytester) -> None:
    folder = make(
        public__test_public="from toy_tables import SEVEN\ndef test_it(seven):\n    assert seven == 7\n"
    ).folder
    pytester.runpytest_subprocess(str(folder), "-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_a_students_file_does_not_hide_a_module(make: Make) -> None:
    """A student may keep a file named like an installed package beside the checks."""
    folder = make(public__json="1 / 0\n", public__test_public=f"import json\n{PUBLIC}").folder
    assert names(load_homework(folder)) == ["toy_tables"]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"hidden__test_hidden": f"import toy\n{HIDDEN}", "hidden__toy": ""}, "'toy': students hand it in"),
        ({"hidden__test_hidden": f"from test_public import x\n{HIDDEN}"}, "holds checks or fixtures"),
        ({"hidden__test_hidden": f"import conftest\n{HIDDEN}"}, "holds checks or fixtures"),
        ({"hidden__toy_tables": ""}, "have the same name. Rename one"),
        ({"hidden__json": "", "hidden__test_hidden": f"import json\n{HIDDEN}"}, "of a module of Python"),
        ({"hidden__numpy": "", "hidden__toy_memory": "import numpy.linalg\n"}, "of an installed package"),
        ({"public__toy_tables": "import toy_memory\nSEVEN = 7\n"}, "is not released, so students cannot run"),
    ],
)
def test_unclear_helpers_are_refused(make: Make, files: dict[str, str], words: str) -> None:
    with pytest.raises(HomeworkError, match=words):
        verify_manifest(make(**files))
