"""Modules of the solutions, for tests of references, wheats and what lies beside them."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

Run: TypeAlias = Callable[..., Any]
"""Calls a test module's own function in a process beside the tests: the fixture ``beside``."""

SOLUTIONS = Path(__file__).resolve().parent.parent / "solutions"


def solution(homework: str, name: str) -> Any:
    """Import a module of a homework's solution by its path, anew each time."""
    spec = importlib.util.spec_from_file_location(Path(name).stem, SOLUTIONS / homework / name)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
