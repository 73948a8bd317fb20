"""A course full of secrets, each with a canary that must never be seen again."""

import hashlib
import os
import re
import secrets
import shutil
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import autograder
from autograder.homework import Course

ROOT: Final = Path(__file__).parents[2]
PATTERN: Final = re.compile(rb"canary-[0-9a-f]{16}")
CLASSMATE: Final = "000-classmate"
_LIMITS: Final = {"call_times": 4, "training_times": 3, "submission_times": 3, "memory_mb": 768}


@dataclass
class Canaries:
    """Canaries by the place where they sit, and the files that hold them."""

    places: dict[str, str] = field(default_factory=dict)
    paths: dict[str, Path] = field(default_factory=dict)

    def sing(self, place: str, path: Path | None = None) -> str:
        """Return a new canary for a place."""
        self.places[place] = f"canary-{secrets.token_hex(8)}"
        if path is not None:
            self.paths[place] = path
        return self.places[place]

    def found_in(self, content: bytes) -> list[str]:
        """Return the places whose canaries stand in some bytes."""
        return sorted(place for place, canary in self.places.items() if canary.encode() in content)


@dataclass(frozen=True, slots=True)
class Grounds:
    """The folders of one run; all of them lie in ``home``'s parent, so that ``..`` leads to everything."""

    base: Path
    canaries: Canaries

    @property
    def course(self) -> Path:
        return self.base / "course"

    @property
    def submissions(self) -> Path:
        return self.base / "submitted"

    @property
    def out(self) -> Path:
        return self.base / "graded"

    @property
    def home(self) -> Path:
        return self.base / "home"

    @property
    def work(self) -> Path:
        return self.base / "work"

    @property
    def scratch(self) -> Path:
        return self.base / "scratch"

    def environment(self) -> dict[str, str]:
        """Return the environment of the command: everything it needs, and a secret."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "PYTHONPATH") if name in os.environ}
        return kept | {
            "HOME": str(self.home),
            "TMPDIR": str(self.scratch),
            "COLUMNS": "200",
            "COURSE_DATABASE_PASSWORD": self.canaries.places["environment"],
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def targets(self) -> list[str]:
        """Return the paths that no student may read."""
        package = Path(autograder.__file__).parent
        paths = [
            *self.canaries.paths.values(),
            self.course / ".autograder" / "secret",
            self.out / "results.jsonl",
            package / "datasets" / "digits.npz",
        ]
        return [str(path) for path in paths]

    def closed_folders(self) -> list[str]:
        """Return the folders of which no student may learn what is in them."""
        homes = {path.parent for path in self.canaries.paths.values()}
        return sorted(
            map(str, homes | {self.submissions, self.scratch, self.out, self.course / ".autograder"})
        )


def plant(base: Path) -> Grounds:
    """Make a course, a class of one honest student, and a home, with a canary in each secret."""
    canaries = Canaries()
    grounds = Grounds(base, canaries)
    for part in ("assignments", "solutions"):
        shutil.copytree(ROOT / part, grounds.course / part, ignore=shutil.ignore_patterns("__pycache__"))
    _lower_limits(grounds.course / "assignments/cnn/homework.toml")
    solution = grounds.course / "solutions/cnn"
    reference = (solution / "cnn.py").read_text(encoding="utf-8")
    _append(solution / "cnn.py", canaries.sing("reference", solution / "cnn.py"))
    _append(solution / "test_hidden.py", canaries.sing("hidden checks", solution / "test_hidden.py"))
    for place, path in (
        ("solution", solution / "wheat" / "functional.py"),
        ("notes", solution / "notes.txt"),
        ("labels", solution / "labels.csv"),
        ("working folder", grounds.work / "notes.txt"),
        ("home", grounds.home / ".netrc"),
        ("key", grounds.home / ".ssh" / "id_ed25519"),
        ("classmate", grounds.submissions / CLASSMATE / "cnn.py"),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        if place == "classmate":
            path.write_text(reference, encoding="utf-8")
        _append(path, canaries.sing(place, path))
    _write_gradebook(grounds.course / "gradebook.db", canaries)
    canaries.sing("environment")
    grounds.scratch.mkdir()
    Course(grounds.course)  # a course as the command finds it
    return grounds


def snapshot(*folders: Path) -> dict[str, Any]:
    """Return what lies in these folders: mode, time and content of everything, without reading from pipes."""
    found: dict[str, Any] = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            status = path.lstat()
            # Only regular files are read: there are FIFOs and links among the submissions.
            regular = path.is_file() and not path.is_symlink()
            digest = hashlib.sha256(path.read_bytes()).hexdigest() if regular else ""
            found[str(path)] = (oct(status.st_mode), status.st_mtime_ns if regular else 0, digest)
    return found


def _lower_limits(manifest: Path) -> None:
    """Let endless loops cost little; honest work still passes."""
    text = manifest.read_text(encoding="utf-8")
    for name, value in _LIMITS.items():
        text, count = re.subn(rf"(?m)^{name} = \d+", f"{name} = {value}", text)
        assert count == 1, name
    manifest.write_text(text, encoding="utf-8")


def _append(path: Path, canary: str) -> None:
    """Add a line with a canary to a file, as a comment for Python."""
    with path.open("a", encoding="utf-8") as file:
        file.write(f"# {canary}\n")


def _write_gradebook(path: Path, canaries: Canaries) -> None:
    """Write a gradebook as nbgrader has one."""
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE grade (student TEXT, score REAL, note TEXT)")
        database.execute("INSERT INTO grade VALUES ('ada', 40, ?)", (canaries.sing("gradebook", path),))
    database.close()
