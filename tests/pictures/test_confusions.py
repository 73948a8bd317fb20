"""Pictures of what a network confuses: which colours stand where, and how large they may be."""

import io

import numpy as np
import pytest
from PIL import Image

from autograder.pictures import _confusions, _style, confusion_matrix
from autograder.pictures.limits import MOST_BYTES
from autograder.pictures.png import validate_png

NOISE = np.random.default_rng(0)
BLUE, ORANGE = _style.COLOURS[0], _style.COLOURS[1]


def pixels(png: bytes) -> np.ndarray:
    validate_png("drawn", png)
    with Image.open(io.BytesIO(png)) as image:
        return np.asarray(image.convert("RGB"))


def at(drawn: np.ndarray, top: int, left: int) -> tuple[int, ...]:
    return tuple(drawn[top, left].tolist())


# Cells begin 44 from the left and from above.


def cell(drawn: np.ndarray, row: int, column: int, side: int = 44) -> np.ndarray:
    return drawn[44 + row * side :, 44 + column * side :][: side - 1, : side - 1]


def test_the_diagonal_is_blue_and_errors_orange() -> None:
    """The shade grows with the root of the share of the row."""
    drawn = pixels(confusion_matrix([0, 0, 1, 1, 2, 2, 2, 2], [0, 0, 2, 2, 2, 2, 2, 0], 3))
    assert at(cell(drawn, 0, 0), 2, 2) == BLUE
    assert at(cell(drawn, 1, 2), 2, 2) == ORANGE  # all of a row
    assert at(cell(drawn, 2, 0), 2, 2) == (234, 174, 128)  # the root of a quarter
    assert at(drawn, 44 - 1, 50) == _style.LINE


def test_a_count_is_written_unless_it_is_zero() -> None:
    drawn = pixels(confusion_matrix([0, 0, 1], [0, 1, 1], 2))
    written = [[len(np.unique(cell(drawn, row, column))) > 4 for column in (0, 1)] for row in (0, 1)]
    assert written == [[True, True], [False, True]]
    assert np.unique(cell(drawn, 1, 0)).tolist() == [255]


def test_a_class_that_is_absent_has_an_empty_row() -> None:
    drawn = pixels(confusion_matrix([0], [2], 3))
    assert all(np.all(cell(drawn, 1, column) == 255) for column in range(3))


@pytest.mark.parametrize("classes", [1, 2, 10, 11, 20])
def test_matrices_fit(classes: int) -> None:
    labels, answers = NOISE.integers(0, classes, size=(2, 100_000))
    assert len(confusion_matrix(labels, answers, classes)) <= MOST_BYTES
    assert pixels(confusion_matrix(labels, answers, classes)).shape[1] > 180  # the words below


def test_large_counts_have_room() -> None:
    ones = np.zeros(1_000_000, int)
    narrow, wide = (pixels(confusion_matrix(part, part, 10)).shape[1] for part in (ones[:9], ones))
    assert wide > narrow + 10 * 20


def test_accuracy_is_stated() -> None:
    assert _confusions._accuracy_line(855, 900) == "855 of 900 right (95.0 %)"
    assert _confusions._accuracy_line(9_876, 10_000) == "9,876 of 10,000 right (98.8 %)"


@pytest.mark.parametrize(
    ("labels", "answers", "classes", "words"),
    [
        ([0], [0], 0, "Expected 1 to 20 classes. Received: 0"),
        ([0], [0], 21, "Received: 21"),
        ([0, 1], [0], 2, "as many answers as labels. Received: 1 and 2"),
        ([], [], 2, "Received: 0 and 0"),
        ([2], [0], 2, "labels: expected classes from 0 to 1. Received: 2"),
        ([0], [-1], 2, "answers: expected classes from 0 to 1. Received: -1"),
        ([0], [0.5], 2, r"answers: .* Received: 0\.5"),
        ([0], [np.nan], 2, "answers: .* Received: nan"),
        ([0], ["0"], 2, "answers: .* Received: 0"),
        ([[0]], [0], 2, r"labels: expected shape \(N,\). Received: \(1, 1\)"),
    ],
)
def test_what_is_no_class_is_refused(labels: object, answers: object, classes: int, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        confusion_matrix(labels, answers, classes)  # type: ignore[arg-type]
