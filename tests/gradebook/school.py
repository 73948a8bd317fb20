"""A course of nbgrader with an exchange, for tests: the teacher's folder, and one for each student."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

COURSE_ID = "deep"
ROOT = Path(__file__).resolve().parents[2]
CONFIG = """
config.CourseDirectory.course_id = "{course}"
config.Exchange.root = "{exchange}"
"""
# nbgrader's own application, as its executable starts it: one process for many commands, because each
# takes four seconds to start.
MANY = """
import json, os, sys
from jupyter_core.application import NoStart
from nbgrader.apps.nbgraderapp import NbGraderApp

for folder, command in json.loads(sys.stdin.read()):
    os.chdir(folder)
    app = NbGraderApp.instance()
    try:
        app.initialize(command)
        app.start()
    except NoStart:
        pass
    except SystemExit as error:
        print("ended", command[0], error.code, flush=True)
    app.reset()
    sys.path.remove(folder)
"""


@dataclass
class School:
    """The folders of a course, and the commands that people run there.

    Attributes:
        root: everything is in it.
        database: the gradebook's address; nbgrader's own SQLite file without it.
    """

    root: Path
    database: str = ""
    printed: list[str] = field(default_factory=list)

    @property
    def course(self) -> Path:
        return self.root / "course"

    @property
    def settings(self) -> Path:
        return self.course / "nbgrader_settings.py"

    @property
    def exchange(self) -> Path:
        return self.root / "exchange"

    @property
    def inbound(self) -> Path:
        """Where the exchange takes submissions: everybody may write there."""
        return self.exchange / COURSE_ID / "inbound"

    def open(self, *, files: Path = ROOT) -> School:
        """Copy a course to its place, with an exchange that everybody may use."""
        for name in ("assignments", "solutions"):
            shutil.copytree(files / name, self.course / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "nbgrader_config.py", self.course)
        self.settings.write_text(CONFIG.format(course=COURSE_ID, exchange=self.exchange))
        self.exchange.mkdir(mode=0o777)
        self.exchange.chmod(0o777)
        return self

    def home(self, student: str) -> Path:
        """Return a student's folder."""
        folder = self.root / "home" / student
        if not folder.exists():
            folder.mkdir(parents=True)
            settings = CONFIG.format(course=COURSE_ID, exchange=self.exchange)
            own = f'config.Exchange.cache = "{folder / "cache"}"\n'
            (folder / "nbgrader_config.py").write_text(f"config = get_config()\n{settings}{own}")
        return folder

    def nbgrader(self, *words: str, ends_with: int = 0, folder: Path | None = None) -> str:
        """Run the executable; return what it printed."""
        return self._run(["nbgrader", *self._completed(words)], ends_with, folder)

    def autograder(self, *words: str, ends_with: int = 0) -> str:
        """Run our command in the course."""
        return self._run(["autograder", *words], ends_with, None)

    def _run(self, words: Sequence[str], ends_with: int, folder: Path | None) -> str:
        command = [str(Path(sys.executable).parent / words[0]), *words[1:]]
        done = subprocess.run(
            command,
            cwd=folder or self.course,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=500,
            check=False,
        )
        assert done.returncode == ends_with, f"{words}\n{done.stdout}"
        self.printed.append(done.stdout)
        return done.stdout

    def _completed(self, words: Sequence[str]) -> list[str]:
        """Return a command's words with the gradebook's address."""
        return [*words, *([f"--db={self.database}"] if self.database else [])]

    def many(self, commands: Sequence[tuple[Path, Sequence[str]]]) -> str:
        """Run many of nbgrader's commands, each in its folder; return what they printed."""
        told = [(str(folder), self._completed(words)) for folder, words in commands]
        done = subprocess.run(
            [sys.executable, "-c", MANY],
            input=json.dumps(told),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=500,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        assert "\nended" not in f"\n{done.stdout}", done.stdout
        return done.stdout

    def exported(self, name: str = "grades.csv") -> dict[tuple[str, str], dict[str, str]]:
        """Export the grades; return the lines by homework and student."""
        self.nbgrader("export", f"--to={self.root / name}")
        rows = csv.DictReader(io.StringIO((self.root / name).read_text()))
        return {(row["homework"], row["student"]): row for row in rows}

    def results(self, homework: str) -> dict[str, dict[str, Any]]:
        """Return the last result of each student in ``results.jsonl``."""
        lines = (self.course / "graded" / homework / "results.jsonl").read_text().splitlines()
        return {record["student"]: record for record in map(json.loads, lines)}


def notebook_at(path: Path) -> dict[str, Any]:
    """Return a notebook's JSON."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def cell_of(notebook: dict[str, Any], grade_id: str) -> dict[str, Any]:
    """Return the only cell with a ``grade_id``."""
    [found] = [
        cell for cell in notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("grade_id") == grade_id
    ]
    return found  # type: ignore[no-any-return]
