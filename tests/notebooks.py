"""What tests of the notebooks share: look at one as it is released, and run it as a student does."""

import base64
import io
import re
import shutil
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any

import nbformat
from PIL import Image

from autograder.homework import Course

ROOT = Path(__file__).resolve().parent.parent
REGION = re.compile(r"( +)### BEGIN SOLUTION\n(.*?)### END SOLUTION\n", re.DOTALL)

# Runs in a process of its own: Jupyter's client starts threads, sockets and event loops.
EXECUTE = """
import sys
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

notebook = nbformat.read(sys.argv[1], as_version=4)
try:
    NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
except CellExecutionError:
    pass
nbformat.write(notebook, "executed.ipynb")
"""


def notebook_of(homework: str) -> Path:
    """Return the path of a homework's notebook."""
    return ROOT / "assignments" / homework / f"{homework}.ipynb"


def references_of(homework: str) -> dict[str, str]:
    """Return the source of a homework's reference: file name → text."""
    files = Course(ROOT).homework(homework).files
    return {name: (ROOT / "solutions" / homework / name).read_text(encoding="utf-8") for name in files}


def stubs_of(homework: str) -> dict[str, str]:
    """Return what students start with: file name → text."""
    cut = r"\1raise NotImplementedError\n"
    return {name: REGION.sub(cut, text) for name, text in references_of(homework).items()}


def assert_valid_and_clean(homework: str) -> None:
    """Assert that the notebook is valid, and holds no outputs and nothing of the machine it was made on."""
    notebook = nbformat.read(notebook_of(homework), as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        assert set(cell.metadata) <= {"nbgrader"}, cell.id
        if cell.cell_type == "code":
            assert cell.outputs == [], cell.id
            assert cell.execution_count is None, cell.id


def solution_lines_in(homework: str, *, regions: int) -> set[str]:
    """Return the lines of the reference's solution regions, of which there are so many, in the notebook."""
    notebook = nbformat.read(notebook_of(homework), as_version=4)
    shown = {line.strip() for cell in notebook.cells for line in cell.source.splitlines()}
    found = REGION.findall("".join(references_of(homework).values()))
    assert len(found) == regions
    secret = {line.strip() for _, region in found for line in region.splitlines()}
    return {line for line in shown & secret if len(line) > 3}


def execute(
    folder: Path, homework: str, files: dict[str, str], *, without: Collection[str] = ()
) -> list[Any]:
    """Run a notebook beside a student's files, ``without`` some cells; return its cells with their outputs.

    Of the cells that run checks the first is kept: they are alike, and some of them train networks.
    """
    notebook = nbformat.read(notebook_of(homework), as_version=4)
    checks = [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("locked")]
    notebook.cells = [cell for cell in notebook.cells if cell not in checks[1:] and cell.id not in without]
    nbformat.write(notebook, folder / f"{homework}.ipynb")
    for name in ("homework.toml", "test_public.py", "conftest.py", "thresholds.json"):
        shutil.copy(notebook_of(homework).parent / name, folder)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    command = [sys.executable, "-c", EXECUTE, f"{homework}.ipynb"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=500)
    return list(nbformat.read(folder / "executed.ipynb", as_version=4).cells)


def assert_all_ran(cells: list[Any]) -> None:
    """Assert that every code cell ran to its end."""
    for cell in cells:
        if cell.cell_type == "code":
            assert cell.execution_count is not None, cell.source
            assert not [output for output in cell.outputs if output.output_type == "error"], cell.source


def verdicts(cells: list[Any]) -> str:
    """Return what the cell that runs checks shows, as text."""
    [cell] = [cell for cell in cells if cell.metadata.get("nbgrader", {}).get("locked")]
    [output] = cell.outputs
    assert "<img" in output.data["text/html"] or "✓" in output.data["text/html"]
    text: str = output.data["text/plain"]
    return text


def assert_stopped_at(cells: list[Any], cell_id: str, message: str) -> None:
    """Assert that one cell named an unwritten function with ``message``, and that none ran after it."""
    stopped = [cell for cell in cells if "is not written yet" in printed(cell)]
    assert [cell.id for cell in stopped] == [cell_id]
    assert printed(stopped[0]).splitlines()[-1] == message
    later = cells[cells.index(stopped[0]) + 1 :]
    assert all(cell.execution_count is None for cell in later if cell.cell_type == "code")
    assert "Traceback" not in printed(stopped[0])


def printed(cell: Any) -> str:
    """Return what a cell wrote to its standard output."""
    streams = [output for output in cell.get("outputs", []) if output.output_type == "stream"]
    return "".join(stream.text for stream in streams if stream.name == "stdout")


def said(cells: list[Any], cell_id: str) -> str:
    """Return what one cell printed."""
    [cell] = [cell for cell in cells if cell.id == cell_id]
    return printed(cell)


def drawn(cells: list[Any]) -> dict[str, Image.Image]:
    """Return the picture of each cell that drew one, by the cell's id; none may draw two."""
    pictures = {cell.id: figures(cell) for cell in cells if figures(cell)}
    assert all(len(each) == 1 for each in pictures.values())
    return {cell_id: each[0] for cell_id, each in pictures.items()}


def figures(cell: Any) -> list[Image.Image]:
    """Return the pictures that a cell drew."""
    data = [output.data for output in cell.get("outputs", []) if "data" in output]
    return [
        Image.open(io.BytesIO(base64.b64decode(each["image/png"]))) for each in data if "image/png" in each
    ]
