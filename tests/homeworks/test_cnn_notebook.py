"""The notebook of the CNN homework: as it is released, and as students run it."""

from pathlib import Path

import pytest
from notebooks import (
    assert_all_ran,
    assert_stopped_at,
    assert_valid_and_clean,
    drawn,
    execute,
    references_of,
    solution_lines_in,
    stubs_of,
    verdicts,
)


def test_notebook_is_valid_and_clean() -> None:
    assert_valid_and_clean("cnn")


def test_notebook_holds_no_line_of_the_solution() -> None:
    assert not solution_lines_in("cnn", regions=9)


@pytest.mark.slow
@pytest.mark.tensorflow
def test_notebook_runs_with_the_reference(tmp_path: Path) -> None:
    cells = execute(tmp_path, "cnn", references_of("cnn"))
    assert_all_ran(cells)
    pictures = drawn(cells)
    of_the_classifier = ["show-data", "filter-digit", "draw", "fit", "draw-again", "move"]
    assert list(pictures) == [*of_the_classifier, "noise", "code", "between", "denoise"]
    assert all(picture.width > 500 for picture in pictures.values())
    assert pictures["draw"].tobytes() != pictures["draw-again"].tobytes()
    assert "4 of 4 public points. 5 hidden checks will look at the rest." in verdicts(cells)


def test_notebook_names_an_unwritten_function(tmp_path: Path) -> None:
    (tmp_path / "keras.py").write_text("class Model: ...\n")  # all that a stub needs, and there at once
    cells = execute(tmp_path, "cnn", stubs_of("cnn"))
    message = "conv2d is not written yet. Write it in cnn.py, save, and run this cell again."
    assert_stopped_at(cells, "tiny-edge", message)


@pytest.mark.slow
@pytest.mark.tensorflow
def test_notebook_names_the_second_file(tmp_path: Path) -> None:
    """The function that is not written yet belongs to it."""
    files = references_of("cnn") | {"autoencoder.py": stubs_of("cnn")["autoencoder.py"]}
    of_the_first_file = ("check-convolution", "fit", "draw-again", "move")
    cells = execute(tmp_path, "cnn", files, without=of_the_first_file)
    message = "add_noise is not written yet. Write it in autoencoder.py, save, and run this cell again."
    assert_stopped_at(cells, "noise", message)
