"""Conventions of the tests themselves: short names, no imports between test modules, unique file names."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parent
ZOO = TESTS / "attacks" / "zoo"  # submissions, not tests
LONGEST = 45


def modules() -> list[Path]:
    return sorted(path for path in TESTS.rglob("*.py") if not path.is_relative_to(ZOO))


def nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def imported(node: ast.AST) -> list[str]:
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
    return [node.module, *names] if isinstance(node, ast.ImportFrom) and node.module else names


def test_names_of_tests_are_short() -> None:
    """What a name cannot say stands in one sentence below it."""
    functions = (
        (path, node.name)
        for path in modules()
        for node in nodes(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    long = [
        f"{path.relative_to(TESTS)}: {name}"
        for path, name in functions
        if name.startswith("test_") and len(name) > LONGEST
    ]
    assert long == []


def test_no_module_imports_a_test_module() -> None:
    """What several test modules use stands in a module of helpers."""
    found = [
        f"{path.relative_to(TESTS)}: {name}"
        for path in modules()
        for node in nodes(path)
        for name in imported(node)
        if any(part.startswith("test_") for part in name.split("."))
    ]
    assert found == []


def test_modules_outside_packages_are_unique() -> None:
    """Their folders are all on the path of imports, where the second of two such names is never found."""
    names = Counter(
        path.name
        for path in modules()
        if path.name != "conftest.py" and not (path.parent / "__init__.py").exists()
    )
    assert [name for name, count in names.items() if count > 1] == []
