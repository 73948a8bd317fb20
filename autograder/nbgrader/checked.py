"""Search what nbgrader writes for students, a release and feedback, for leaks before it is written.

Both classes replace nbgrader's exporters, because an exception in an exporter prevents the file from being
written. nbgrader's hooks are not suitable: it logs their exceptions and continues.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from nbconvert.exporters import HTMLExporter, NotebookExporter
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory

from autograder.authoring.leaks import Leak, find_leaks, find_leaks_in_page
from autograder.authoring.notebook_cells import verify_notebook
from autograder.homework import Course, SolvedHomework
from autograder.nbgrader.give_back import OF_THE_EXCHANGE

_NO_KERNEL: Final = {
    "name": "no-student-cell-is-run",
    "display_name": "None: results come from autograder grade",
    "language": "python",
}


class LeakFound(Exception):  # noqa: N818 - a finding
    """A file for students contains a part of a solution or of a hidden check."""


class CheckedRelease(NotebookExporter):
    """Writes a notebook of a release, unless there is a leak in the release."""

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **options: Any
    ) -> tuple[str, dict[str, Any]]:
        """Return the notebook as text, with its resources.

        Raises:
            LeakFound: the notebook or a file beside it has a leak; nbgrader then removes the release.
            HomeworkError: the graded cells differ from those in ``homework.toml``.
        """
        assert resources is not None  # nbgrader's converters name homework and notebook there
        folders, homework = _homework(self, resources)
        names = resources["nbgrader"]
        # nbgrader has copied the other files already, and writes this one next. Its preprocessors, which
        # run in the call below, write to the gradebook, so check everything possible before.
        verify_notebook(homework)
        release = Path(folders.format_path(folders.release_directory, ".", homework.name))
        released, page = replace(homework, folder=release), release / f"{names['notebook']}.ipynb"
        _refuse(find_leaks(released))
        text, resources = super().from_notebook_node(nb, resources, **options)
        _refuse(find_leaks_in_page(released, page, text))
        _set_missing_kernel(names["db_url"], homework.name, names["notebook"])
        return text, resources


class CheckedFeedback(HTMLExporter):
    """Writes a student's feedback, unless it contains a secret line that the student did not write."""

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **options: Any
    ) -> tuple[str, dict[str, Any]]:
        """Return the page, with its resources.

        Raises:
            LeakFound: the page contains a secret line that the student did not write.
        """
        page, resources = super().from_notebook_node(nb, resources, **options)
        folders, homework = _homework(self, resources)
        student, notebook = resources["nbgrader"]["student"], resources["nbgrader"]["notebook"]
        path = Path(folders.format_path(folders.feedback_directory, student, homework.name))
        own = [cell.source for cell in nb.cells if not cell.metadata.get("nbgrader", {}).get("locked")]
        handed_in = Path(folders.format_path(folders.autograded_directory, student, homework.name))
        own += [_text(handed_in / name) for name in homework.files]
        _refuse(find_leaks_in_page(homework, path / f"{notebook}.html", page, own="\n".join(own)))
        _remove_other_files(path, _pages(homework.folder, handed_in))
        return page, resources


def _set_missing_kernel(db_url: str, homework: str, notebook: str) -> None:
    """Put a kernel that does not exist into the gradebook; nbgrader then uses it for every submission.

    So nbgrader cannot run a student's notebook even if this course's configuration is not loaded.
    """
    with Gradebook(db_url) as gradebook:
        gradebook.find_notebook(notebook, homework).kernelspec = json.dumps(_NO_KERNEL)
        gradebook.db.commit()


def _remove_other_files(folder: Path, pages: set[str]) -> None:
    """Remove what nbgrader copied beside the pages: it gives out every page there, even a student's own."""
    for path in folder.rglob("*"):
        ours = path.parent == folder and path.name in {*OF_THE_EXCHANGE, *pages}
        if not ours and not path.is_dir():
            path.unlink()


def _pages(homework: Path, handed_in: Path) -> set[str]:
    """Return the names of the pages that nbgrader writes: one for each notebook of the homework."""
    return {f"{path.stem}.html" for path in homework.glob("*.ipynb") if (handed_in / path.name).is_file()}


def _homework(exporter: Any, resources: dict[str, Any]) -> tuple[CourseDirectory, SolvedHomework]:
    """Return the course's folders as nbgrader knows them, and the homework that is exported."""
    folders = CourseDirectory(parent=exporter)
    return folders, Course.find(Path(folders.root)).homework(resources["nbgrader"]["assignment"])


def _text(path: Path) -> str:
    """Return a file's text; an empty text if it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _refuse(leaks: list[Leak]) -> None:
    if leaks:
        listed = "".join(f"\n  {leak.path}, {leak.where}: {leak.why}: {leak.excerpt}" for leak in leaks[:20])
        raise LeakFound(f"Nothing was written, because students must not see:{listed}")
