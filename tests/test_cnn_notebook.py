"""The notebook of the CNN homework: as it is released, and as students run it."""

from pathlib import Path

import pytest
from notebooks import (
    assert_all_ran,
    assert_stopped_at,
    assert_valid_and_clean,
    drawn,
    execute,
    reference_of,
    solution_lines_in,
    stub_of,
)


def test_notebook_is_valid_and_clean() -> None:
    assert_valid_and_clean("cnn")


def test_notebook_holds_no_line_of_the_solution() -> None:
    assert not solution_lines_in("cnn", regions=6)


@pytest.mark.tensorflow
def test_notebook_runs_with_the_reference(tmp_path: Path) -> None:
    cells = execute(tmp_path, "cnn", reference_of("cnn"))
    assert_all_ran(cells)
    pictures = drawn(cells)
    assert list(pictures) == ["show-data", "filter-digit", "draw", "fit", "draw-again", "move"]
    assert all(picture.width > 500 for picture in pictures.values())
    assert pictures["draw"].tobytes() != pictures["draw-again"].tobytes()


def test_notebook_names_the_function_that_is_not_written_yet(tmp_path: Path) -> None:
    (tmp_path / "keras.py").write_text("class Model: ...\n")  # all that a stub needs, and there at once
    cells = execute(tmp_path, "cnn", stub_of("cnn"))
    message = "conv2d is not written yet. Write it in cnn.py, save, and run this cell again."
    assert_stopped_at(cells, "tiny-edge", message)
