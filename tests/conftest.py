"""What all tests share: the fast ones run first."""

import importlib.util
import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from autograder.homework import Course, SolvedHomework
from solutions import Run

HEAVY = ("tensorflow", "slow", "attacks", "fuzz", "endurance", "nbgrader")
collect_ignore = [] if importlib.util.find_spec("nbgrader") else ["gradebook"]


@pytest.fixture(scope="module")
def beside() -> Iterator[Run]:
    """Return a function that calls a test module's own functions in one process beside this one.

    TensorFlow's threads would stay here for the rest of the session, and a process with threads cannot
    enter a jail.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            yield lambda function, *arguments: pool.submit(function, *arguments).result(timeout=300)


@pytest.fixture(scope="session")
def homework() -> SolvedHomework:
    """The CNN homework of this course."""
    return Course.find(Path(__file__)).homework("cnn")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder for submissions."""
    path = tmp_path / "submitted"
    path.mkdir()
    return path


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:  # after the conftest of tests/gradebook, before pytest looks at `-m`
        if not any(item.get_closest_marker(name) for name in HEAVY):
            item.add_marker("fast")

    def weight(item: pytest.Item) -> int:
        return sum(cost for name, cost in (("tensorflow", 1), ("slow", 2)) if item.get_closest_marker(name))

    items.sort(key=weight)
