"""The notebook of the RNN homework: as it is released, and as students run it."""

from pathlib import Path

import pytest
from notebooks import (
    assert_all_ran,
    assert_stopped_at,
    assert_valid_and_clean,
    drawn,
    execute,
    references_of,
    said,
    solution_lines_in,
    stubs_of,
)

PICTURES = ["hold-value", "fit-zigzag", "see-zigzag", "fit-flip-flop", "draw-cells", "draw-reset"]


def test_notebook_is_valid_and_clean() -> None:
    assert_valid_and_clean("rnn")


def test_notebook_holds_no_line_of_the_solution() -> None:
    assert not solution_lines_in("rnn", regions=7)


@pytest.mark.slow
@pytest.mark.tensorflow
def test_notebook_runs_with_the_reference(tmp_path: Path) -> None:
    cells = execute(tmp_path, "rnn", references_of("rnn"))
    assert_all_ran(cells)
    pictures = drawn(cells)
    assert list(pictures) == PICTURES
    assert all(picture.width > 500 for picture in pictures.values())
    assert [line.split()[-1] for line in said(cells, "count").splitlines()] == ["1.00", "0.56"]
    assert [line.split()[-1] for line in said(cells, "see-zigzag").splitlines()[:2]] == ["1.00", "0.56"]
    assert "DE → FGHIJIHGFEDCBA" in said(cells, "write")
    assert "FE → DCBABCDEFGHIJI" in said(cells, "write")
    carried, reset = (float(line.split()[-1]) for line in said(cells, "score-flip-flop").splitlines()[1:])
    assert carried > 0.95
    assert reset < 0.35


@pytest.mark.slow
@pytest.mark.tensorflow
def test_notebook_accepts_a_gru(tmp_path: Path) -> None:
    """It says that a GRU has no cell state, and leaves that plot out."""
    text = references_of("rnn")["rnn.py"].replace("keras.layers.LSTM(", "keras.layers.GRU(")
    cells = execute(tmp_path, "rnn", {"rnn.py": text}, without=("check-lstm", "write"))
    assert_all_ran(cells)
    assert list(drawn(cells)) == [name for name in PICTURES if name != "draw-cells"]
    assert "a GRU has no cell state" in said(cells, "draw-cells")


def test_notebook_names_an_unwritten_function(tmp_path: Path) -> None:
    (tmp_path / "keras.py").write_text("class Model: ...\n")  # all that a stub needs, and there at once
    cells = execute(tmp_path, "rnn", stubs_of("rnn"))
    message = "lstm_step is not written yet. Write it in rnn.py, save, and run this cell again."
    assert_stopped_at(cells, "one-step", message)
