"""The notebook of the GAN homework: as it is released, and as students run it."""

from pathlib import Path
from typing import Any

import pytest
from notebooks import (
    assert_all_ran,
    assert_stopped_at,
    assert_valid_and_clean,
    drawn,
    execute,
    printed,
    reference_of,
    solution_lines_in,
    stub_of,
)

PICTURES = [
    *("draw-losses", "untrained", "fit-ring", "fit-digits"),
    *("draw-training", "draw-nearest", "draw-walk"),
]


def said(cells: list[Any], cell_id: str) -> str:
    """Return what one cell printed."""
    [cell] = [cell for cell in cells if cell.id == cell_id]
    return printed(cell)


def test_notebook_is_valid_and_clean() -> None:
    assert_valid_and_clean("gan")


def test_notebook_holds_no_line_of_the_solution() -> None:
    assert not solution_lines_in("gan", regions=9)


@pytest.mark.slow
@pytest.mark.tensorflow
def test_notebook_runs_with_the_reference(tmp_path: Path) -> None:
    cells = execute(tmp_path, "gan", reference_of("gan"))
    assert_all_ran(cells)
    pictures = drawn(cells)
    assert list(pictures) == PICTURES
    assert all(picture.width > 500 for picture in pictures.values())
    assert [line.split()[-1] for line in said(cells, "draw-losses").splitlines()] == ["100.0", "1000.0"]
    assert "weights changed: False" in said(cells, "frozen")


def test_notebook_names_the_function_that_is_not_written_yet(tmp_path: Path) -> None:
    # All that a stub needs, and there at once.
    (tmp_path / "keras.py").write_text(
        "import types\nclass Model: ...\nlayers = None\noptimizers = types.SimpleNamespace(Optimizer=None)\n"
    )
    (tmp_path / "tensorflow.py").write_text("class Tensor: ...\n")
    cells = execute(tmp_path, "gan", stub_of("gan"))
    message = "discriminator_loss is not written yet. Write it in gan.py, save, and run this cell again."
    assert_stopped_at(cells, "draw-losses", message)
