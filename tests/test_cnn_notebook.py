"""The notebook of the CNN homework: as it is released, and as students run it."""

import base64
import io
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOK = ROOT / "assignments" / "cnn" / "cnn.ipynb"
REFERENCE = ROOT / "solutions" / "cnn" / "cnn.py"
REGION = re.compile(r"( +)### BEGIN SOLUTION\n(.*?)### END SOLUTION\n", re.DOTALL)

# Runs in a process of its own: Jupyter's client starts threads, sockets and event loops.
EXECUTE = """
import sys
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

notebook = nbformat.read("cnn.ipynb", as_version=4)
try:
    NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
except CellExecutionError:
    pass
nbformat.write(notebook, "executed.ipynb")
"""


def execute(folder: Path, module: str) -> list[Any]:
    """Run the notebook with ``module`` as the student's file; return its cells with their outputs."""
    shutil.copy(NOTEBOOK, folder)
    (folder / "cnn.py").write_text(module, encoding="utf-8")
    subprocess.run([sys.executable, "-c", EXECUTE], cwd=folder, check=True, capture_output=True, timeout=500)
    return list(nbformat.read(folder / "executed.ipynb", as_version=4).cells)


def printed(cell: Any) -> str:
    """Return what a cell wrote to its standard output."""
    streams = [output for output in cell.get("outputs", []) if output.output_type == "stream"]
    return "".join(stream.text for stream in streams if stream.name == "stdout")


def figures(cell: Any) -> list[Image.Image]:
    """Return the pictures that a cell drew."""
    data = [output.data for output in cell.get("outputs", []) if "data" in output]
    return [
        Image.open(io.BytesIO(base64.b64decode(each["image/png"]))) for each in data if "image/png" in each
    ]


def test_notebook_is_valid_and_clean() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        assert cell.metadata == {}
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


def test_notebook_holds_no_line_of_the_solution() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    shown = {line.strip() for cell in notebook.cells for line in cell.source.splitlines()}
    regions = REGION.findall(REFERENCE.read_text(encoding="utf-8"))
    secret = {line.strip() for _, region in regions for line in region.splitlines()}
    assert len(regions) == 6
    assert not {line for line in shown & secret if len(line) > 3}


@pytest.mark.tensorflow
def test_notebook_runs_with_the_reference(tmp_path: Path) -> None:
    cells = execute(tmp_path, REFERENCE.read_text(encoding="utf-8"))
    code = [cell for cell in cells if cell.cell_type == "code"]
    for cell in code:
        assert cell.execution_count is not None, cell.source
        assert not [output for output in cell.outputs if output.output_type == "error"]
    drawn = {cell.id: figures(cell) for cell in code if figures(cell)}
    assert list(drawn) == ["show-data", "filter-digit", "draw", "fit", "draw-again", "move"]
    for pictures in drawn.values():
        assert len(pictures) == 1
        assert pictures[0].width > 500
    assert drawn["draw"][0].tobytes() != drawn["draw-again"][0].tobytes()


def test_notebook_names_the_function_that_is_not_written_yet(tmp_path: Path) -> None:
    stub = REGION.sub(r"\1raise NotImplementedError\n", REFERENCE.read_text(encoding="utf-8"))
    (tmp_path / "keras.py").write_text("class Model: ...\n")  # all that a stub needs, and there at once
    cells = execute(tmp_path, stub)
    stopped = [cell for cell in cells if "is not written yet" in printed(cell)]
    assert [cell.id for cell in stopped] == ["tiny-edge"]
    assert printed(stopped[0]).splitlines()[-1] == (
        "conv2d is not written yet. Write it in cnn.py, save, and run this cell again."
    )
    later = cells[cells.index(stopped[0]) + 1 :]
    assert all(cell.execution_count is None for cell in later if cell.cell_type == "code")
    assert "Traceback" not in printed(stopped[0])
