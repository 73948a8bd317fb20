"""The notebook of the GAN homework: as it is released, and as students run it."""

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

PICTURES = [
    *("draw-losses", "untrained", "fit-ring", "fit-digits"),
    *("draw-training", "draw-nearest", "draw-walk"),
]


def test_notebook_is_valid_and_clean() -> None:
    assert_valid_and_clean("gan")


def test_notebook_holds_no_line_of_the_solution() -> None:
    assert not solution_lines_in("gan", regions=9)


@pytest.mark.slow
@pytest.mark.tensorflow
def test_notebook_runs_with_the_reference(tmp_path: Path) -> None:
    cells = execute(tmp_path, "gan", references_of("gan"))
    assert_all_ran(cells)
    pictures = drawn(cells)
    assert list(pictures) == PICTURES
    assert all(picture.width > 500 for picture in pictures.values())
    assert [line.split()[-1] for line in said(cells, "draw-losses").splitlines()] == ["100.0", "1000.0"]
    changed = [line.split() for line in said(cells, "take-steps").splitlines()]
    assert [line[1] for line in changed if line[0].endswith("or:")] == ["the", "other", "other", "the"]
    frozen, free = said(cells, "frozen").split("not frozen:")
    assert "weights changed: False" in frozen
    assert "does not have any trainable weights" in frozen
    assert "weights changed: True, right answers: 100%" in free
    assert "does not have any trainable weights" not in free


def test_notebook_names_an_unwritten_function(tmp_path: Path) -> None:
    # All that a stub needs, and there at once.
    (tmp_path / "keras.py").write_text(
        "import types\nclass Model: ...\nlayers = None\noptimizers = types.SimpleNamespace(Optimizer=None)\n"
    )
    (tmp_path / "tensorflow.py").write_text("class Tensor: ...\n")
    cells = execute(tmp_path, "gan", stubs_of("gan"))
    message = "discriminator_loss is not written yet. Write it in gan.py, save, and run this cell again."
    assert_stopped_at(cells, "draw-losses", message)


@pytest.mark.tensorflow
def test_notebook_names_it_inside_a_tf_function(tmp_path: Path) -> None:
    """A function that is not written yet is named there, too."""
    module = references_of("gan")["gan.py"]
    start = "    with tf.GradientTape() as tape:\n        loss = generator_loss"
    assert module.count(start) == 1
    missing = "    if not tf.executing_eagerly():\n        raise NotImplementedError\n"
    cells = execute(tmp_path, "gan", {"gan.py": module.replace(start, missing + start)})
    message = "generator_step is not written yet. Write it in gan.py, save, and run this cell again."
    assert_stopped_at(cells, "fit-ring", message)
