"""What authors of checks import: few names at the top, topics beside it, and all of it documented."""

import importlib
import inspect
from pathlib import Path
from types import ModuleType

import pytest

from autograder import checks, pictures

MOST = 22
TOPICS = ["layers", "networks", "images", "recurrent", "generative"]
ROOMS = [checks, pictures, *(importlib.import_module(f"autograder.checks.{topic}") for topic in TOPICS)]
# Not for authors; `autograder.checks` hands on what of them authors need.
PARTS = {"faults", "replies", "script", "subject", "trials", "verdict"}


def test_the_top_holds_few_names() -> None:
    assert len(checks.__all__) <= MOST


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.__name__)
def test_every_public_name_is_documented(room: ModuleType) -> None:
    assert inspect.getdoc(room)
    assert list(room.__all__) == sorted(set(room.__all__), key=lambda name: (not name.isupper(), name))
    for name in room.__all__:
        value = getattr(room, name)
        if callable(value):
            # A dataclass without a docstring gets its signature as one.
            assert not (value.__doc__ or f"{name}(").startswith(f"{name}("), name


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.__name__)
def test_errors_and_arguments_are_documented(room: ModuleType) -> None:
    """Every function says what it takes, where it takes more than what it is named after."""
    for name in room.__all__:
        value = getattr(room, name)
        if inspect.isfunction(value) and len(inspect.signature(value).parameters) > 2:
            assert "Args:" in (value.__doc__ or "") or "Raises:" in (value.__doc__ or ""), name


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_repeats_no_name_of_the_top(topic: str) -> None:
    assert not set(checks.__all__) & set(importlib.import_module(f"autograder.checks.{topic}").__all__)


def test_all_other_modules_are_private() -> None:
    modules = {path.stem for path in Path(inspect.getfile(checks)).parent.glob("*.py")}
    assert {name for name in modules if not name.startswith("_")} == PARTS | set(TOPICS)


@pytest.mark.parametrize("topic", TOPICS)
def test_the_top_names_every_topic(topic: str) -> None:
    assert f"`autograder.checks.{topic}`" in (checks.__doc__ or "")
