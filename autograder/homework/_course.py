"""A course: a folder with ``assignments/`` and ``solutions/``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from autograder.homework._declared import HomeworkError, SolvedHomework
from autograder.homework._manifest import MANIFEST, load_homework


@dataclass(frozen=True, slots=True)
class Course:
    """A folder with ``assignments/`` and ``solutions/``."""

    root: Path

    @classmethod
    def find(cls, start: Path) -> Course:
        """Return the course that contains ``start``: the nearest folder upwards with both parts.

        Args:
            start: a file or folder.

        Raises:
            HomeworkError: no such folder exists.
        """
        start = start.resolve()
        for folder in (start, *start.parents):
            if (folder / "assignments").is_dir() and (folder / "solutions").is_dir():
                return cls(folder)
        raise HomeworkError(
            f"Expected a course (a folder with assignments/ and solutions/) at {start} or above it. "
            "Run the command inside the course's folder, or name it with --course."
        )

    def results(self, name: str) -> Path:
        """Return the default folder for a homework's results."""
        return self.root / "graded" / name

    def homework_names(self) -> list[str]:
        """Return the names of all homeworks of the course, sorted."""
        return sorted(path.parent.name for path in (self.root / "assignments").glob(f"*/{MANIFEST}"))

    def homework(self, name: str) -> SolvedHomework:
        """Return a homework with its solution.

        Args:
            name: of the homework's folder.

        Raises:
            HomeworkError: the name is unknown, or the manifest is invalid.
        """
        names = self.homework_names()
        if name not in names:
            known = ", ".join(names) or "(there is none yet)"
            raise HomeworkError(f"Expected one of the homeworks {known}. Received: {name!r}")
        homework = load_homework(self.root / "assignments" / name)
        if homework.name != name:
            raise HomeworkError(
                f"{homework.folder / MANIFEST}: expected name = {name!r}. Received: {homework.name!r}"
            )
        return SolvedHomework.of(homework, self.root / "solutions" / name)
