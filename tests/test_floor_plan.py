"""The package's floor plan: each floor imports only floors below it, or its own room."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import autograder

PACKAGE = Path(autograder.__file__).parent
FLOORS = [
    {"_files", "_typed_json", "untrusted"},
    {"store"},
    {"sandbox", "datasets", "homework", "result"},
    {"pictures"},
    {"calibration", "models", "reports", "submission"},
    {"checks", "known"},
    {"judging"},
    {"grading", "practice"},
    {"authoring"},
    {"cli", "nbgrader", "notebook"},
    {"__main__"},
]

LINUX_ONLY = {"ctypes", "fcntl", "msvcrt", "resource"} | {
    f"autograder.sandbox.{name}"
    for name in (
        *("jail", "landlock", "landlock_jail", "linux", "rlimits", "seccomp", "streams", "supervisor"),
        *("evaluator_streams", "pace", "process_view", "watchdog", "zygote"),
    )
}


def room(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def imported_names(path: Path) -> set[str]:
    """Return what a module imports, anywhere in it: modules, and names with their modules."""
    found = set[str]()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def imported_rooms(path: Path) -> set[str]:
    names = imported_names(path) - {"autograder"}
    return {room(name) for name in names if name.startswith("autograder.")} - {"__version__"}


def floor_of(name: str) -> int:
    [floor] = [number for number, rooms in enumerate(FLOORS) if name in rooms]
    return floor


def test_every_room_has_a_floor() -> None:
    rooms = {path.stem if path.is_file() else path.name for path in PACKAGE.iterdir()}
    assert rooms - {"__init__", "__pycache__", "py"} == set().union(*FLOORS)


def test_imports_go_down_or_stay_in_the_room() -> None:
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if parts[0] == "__init__":
            continue
        for other in imported_rooms(path) - {parts[0]}:
            assert floor_of(other) < floor_of(parts[0]), f"{path.name} imports {other}"


def test_the_sandbox_imports_only_the_sandbox() -> None:
    """Student code runs beside these modules, so nothing else of ours is loaded there."""
    for path in (PACKAGE / "sandbox").glob("*.py"):
        assert imported_rooms(path) <= {"sandbox"}, path.name


def test_nothing_above_the_sandbox_calls_linux() -> None:
    for path in PACKAGE.rglob("*.py"):
        if path.relative_to(PACKAGE).parts[0] not in ("sandbox", "_files.py"):
            assert not imported_names(path) & LINUX_ONLY, path.name


def modules() -> dict[str, Path]:
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = [PACKAGE.name, *path.relative_to(PACKAGE).with_suffix("").parts]
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported_at_once(path: Path, known: dict[str, Path]) -> set[str]:
    """Return the modules that a module imports when it is imported, and not later in a function."""
    found: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in known else node.module for name in names}
    return found & set(known)


def test_no_imports_go_round_in_a_circle() -> None:
    """Also within a room. `TopologicalSorter` raises at a circle, and names it."""
    known = modules()
    graph = {name: imported_at_once(path, known) - {name} for name, path in known.items()}
    assert len(list(TopologicalSorter(graph).static_order())) == len(known) > 100
