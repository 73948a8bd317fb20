"""What all tests share: the fast ones run first."""

from pathlib import Path

import pytest

from autograder.homework import Course, Homework


@pytest.fixture(scope="session")
def homework() -> Homework:
    """The CNN homework of this course."""
    return Course.find(Path(__file__)).homework("cnn")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder for submissions."""
    path = tmp_path / "submitted"
    path.mkdir()
    return path


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def weight(item: pytest.Item) -> int:
        return sum(cost for name, cost in (("tensorflow", 1), ("slow", 2)) if item.get_closest_marker(name))

    items.sort(key=weight)
