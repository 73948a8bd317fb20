"""CONTRIBUTING says what is so: its table leads to code that is there, its command selects the fast tests."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
[TABLE] = re.findall(r"^## Where is …\n(.*?)^## ", TEXT, re.MULTILINE | re.DOTALL)
PLACES = re.findall(r"\[`(\w+)`\]\(([\w./]+\.py)\)", TABLE)
SUBJECTS = (
    "retry",
    "limits of a job",
    "layers are allowed",
    "message",
    "threshold",
    "column of `grades.csv`",
    "archive",
    "picture is drawn",
    "picture is validated",
    "stub is cut",
    "certificate",
    "digest",
    "nbgrader",
    "data set",
)


def defined(tree: ast.Module) -> set[str]:
    """Return the names of a module's functions, classes and constants."""
    names = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.AnnAssign | ast.Assign):
            targets = [node.target] if isinstance(node, ast.AnnAssign) else node.targets
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names


@pytest.mark.parametrize(("name", "path"), PLACES, ids=[name for name, _ in PLACES])
def test_where_is_leads_to_code(name: str, path: str) -> None:
    assert name in defined(ast.parse((ROOT / path).read_text(encoding="utf-8")))


@pytest.mark.parametrize("subject", SUBJECTS)
def test_where_is_has_a_place_for(subject: str) -> None:
    [place] = re.findall(rf"^\|[^|]*{re.escape(subject)}[^|]*\|(.*)\|$", TABLE, re.MULTILINE)
    assert "](" in place


def test_the_fast_tests_are_the_light_ones(request: pytest.FixtureRequest) -> None:
    """`pytest -m fast`, as CONTRIBUTING gives it, selects what has no heavy mark, and all of that."""
    assert "`pytest -m fast`" in TEXT
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    heavy = {line.partition(":")[0] for line in settings["tool"]["pytest"]["markers"]} - {"fast"}
    for item in request.session.items:
        marks = {mark.name for mark in item.iter_markers()}
        assert ("fast" in marks) is not bool(marks & heavy), item.nodeid
