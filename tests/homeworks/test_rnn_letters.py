"""Letters in the checks of the RNN homework: what a network says, and what a function returned."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from autograder.checks import CheckFailed
from solutions import solution

LETTERS = solution("rnn", "letters.py")
expect_letters = LETTERS.expect_letters


def counting(count: int) -> Any:
    """Return a network that says how often it has read each letter, from a state of zeros."""

    def run_sequences(sequences: list[np.ndarray]) -> list[np.ndarray]:
        return [np.cumsum(windows, axis=0) for windows in sequences]

    return SimpleNamespace(config=SimpleNamespace(input_shape=(1, 1, count)), run_sequences=run_sequences)


def test_answers_are_the_last_outputs() -> None:
    one, two = LETTERS.answers(counting(5), [[0, 1, 1, 3], [4]], [2, 1])
    assert one.tolist() == [[1, 2, 0, 0, 0], [1, 2, 0, 1, 0]]
    assert two.tolist() == [[0, 0, 0, 0, 1]]


def test_a_letter_is_chosen_that_is_most_probable() -> None:
    outputs = np.array([[0.2, 0.8], [0.5, 0.5]])
    assert LETTERS.chooses(outputs, [1, 0])
    assert LETTERS.chooses(outputs, [1, 1])
    assert not LETTERS.chooses(outputs, [0, 0])
    assert LETTERS.chooses(outputs, [0, 0], tolerance=0.7)


def test_letters_may_be_numbers_of_any_library() -> None:
    assert expect_letters([1, 2], 2, 5) == [1, 2]
    assert expect_letters((np.array(1), np.array([2])), 2, 5) == [1, 2]
    assert expect_letters(np.array([1, 2]), 2, 5) == [1, 2]


@pytest.mark.parametrize(
    ("received", "words"),
    [
        (None, r"Expected a list of 2 letters\. Received: None \(is a return missing\?\)\."),
        ("AB", r"Expected a list of 2 letters\. Received: str\."),
        (np.zeros((2, 1)), r"Expected a list of 2 letters\. Received: ndarray\."),
        ([1.0, 2.0], r"whole numbers from 0 to 4\. Received: \[1\.0, 2\.0\]\."),
        ([True, 2], r"whole numbers from 0 to 4"),
        ([1, 5], r"whole numbers from 0 to 4\. Received: \[1, 5\]\."),
        ([1, 2, 3], r"Expected 2 letters\. Received: 3\.$"),
        ([4, 3, 1, 2], r"Expected 2 letters\. Received: 4, the start among them\."),
        ([], r"Expected 2 letters\. Received: 0\."),
    ],
)
def test_what_is_no_list_of_letters_is_named(received: object, words: str) -> None:
    with pytest.raises(CheckFailed, match=words):
        expect_letters(received, 2, 5, start=[4, 3])
