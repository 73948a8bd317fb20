"""Read students' notebooks for nbgrader, in place of nbconvert's exporter, which trusts every file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from nbconvert.exporters import NotebookExporter
from nbgrader.api import Gradebook

from autograder.nbgrader.notebook import ReleasedCell, parsed, restored
from autograder.submission import RejectedSubmission, UnclearSubmission, read_regular

_LARGEST: Final = 32 << 20
"""In bytes. Most of a large notebook are outputs, which are removed."""


class ReadSubmission(NotebookExporter):
    """Reads a student's notebook as untrusted input, and restores the released cells."""

    def from_filename(
        self, filename: str, resources: dict[str, Any] | None = None, **options: Any
    ) -> tuple[str, dict[str, Any]]:
        """Return a notebook as text, with its resources, like nbconvert's own exporter.

        A notebook that cannot be read must not cost the student's points, which come from other files. Then
        all cells are as they were released, with a note, and answers wait for a manual grade.

        Args:
            filename: path of the notebook.
            resources: nbgrader's names of homework, notebook, student and database.
            **options: passed on to nbconvert's exporter.
        """
        assert resources is not None  # nbgrader's converters name student, homework and notebook there
        path = Path(filename)
        try:
            notebook, note = parsed(read_regular(path, _LARGEST).decode()), ""
        except (RejectedSubmission, UnclearSubmission, ValueError, OSError) as error:
            notebook, note = None, f"{path.name} could not be read: {error}"
            self.log.warning("%s: %s", path, note)
        names = resources["nbgrader"]
        cells = released_cells(names["db_url"], assignment=names["assignment"], notebook=names["notebook"])
        resources["metadata"] = {"name": path.stem, "path": str(path.parent)}
        output: tuple[str, dict[str, Any]] = self.from_notebook_node(
            restored(notebook, cells, note), resources, **options
        )
        return output


def released_cells(db_url: str, *, assignment: str, notebook: str) -> list[ReleasedCell]:
    """Return the cells of a notebook as they were when nbgrader made the release.

    Args:
        db_url: address of the gradebook's database.
        assignment: name of the homework.
        notebook: name of its notebook.
    """
    with Gradebook(db_url) as gradebook:
        found = gradebook.find_notebook(notebook, assignment)
        points = {cell.name: float(cell.max_score) for cell in found.grade_cells}
        answers = {cell.name for cell in found.solution_cells}
        return [
            ReleasedCell(
                name=cell.name,
                kind=cell.cell_type,
                source=cell.source,
                checksum=cell.checksum,
                points=points.get(cell.name),
                locked=cell.locked,
                answer=cell.name in answers,
            )
            for cell in sorted(found.source_cells, key=lambda cell: str(cell.name))
        ]
