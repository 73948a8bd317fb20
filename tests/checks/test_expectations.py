"""What expectations say when they do not hold, and what they must not say."""

from typing import Any

import numpy as np
import pytest

from autograder.checks import (
    CheckFailed,
    PartialCredit,
    accuracy,
    cross_entropy,
    expect_array,
    expect_at_least,
    expect_numbers,
    expect_pair,
    expect_value,
    mean_probability,
)
from autograder.checks.layers import LayerRow, expect_layers, expect_parameters, expect_rectified
from autograder.models.student_model import LayerView

GRID = np.random.default_rng(3).normal(size=(2, 3))


def failure(check: Any, *arguments: Any, **options: Any) -> str:
    with pytest.raises(CheckFailed) as caught:
        check(*arguments, **options)
    return caught.value.message


def test_equal_values_pass() -> None:
    """Values of Python and of NumPy are compared, alone and in lists and tuples."""
    expect_value("size", 3, 3)
    expect_value("size", np.array(3), 3)
    expect_value("size", 3, np.int64(3))
    expect_value("shape", (1, 2), (1, 2))
    expect_value("sizes", [np.array(1), (np.array(True), "x")], [1, (True, "x")])
    expect_array("grid", GRID.astype("float32"), GRID)
    expect_array("grid", GRID + 1e-7, GRID)


@pytest.mark.parametrize(
    ("received", "words"),
    [
        (4, "Received: 4 (int)."),
        (None, "Received: None (is a return missing?)."),
        (True, "Received: True (bool)."),
        ("3", "Received: '3' (str)."),
        (np.zeros((2, 2)), "Received: an array of shape (2, 2)."),
        ([1] * 1000, "… (list)."),
        ([np.zeros((2, 2))], "Received: [array([[0., 0.], [0., 0.]])] (list)."),
        ({"a": np.zeros(2)}, "Received: {'a': array([0., 0.])} (dict)."),
        ("\x1b[31m", r"Received: '\x1b[31m' (str)."),
        (float("nan"), "Received: nan (float)."),
    ],
)
def test_a_wrong_value_is_shown(received: Any, words: str) -> None:
    """The right value is not shown."""
    message = failure(expect_value, "conv_output_size(5, 1)", received, 1 if received is True else 3)
    assert message.startswith("Expected the right value of conv_output_size(5, 1). Received: ")
    assert words in message
    assert len(message) < 200


@pytest.mark.parametrize(
    ("received", "expected"),
    [
        ([True], [1]),
        ([1, 2], (1, 2)),
        ([1], [1, 2]),
        ([np.zeros(2)], [0]),
        (np.zeros(2), 0),
        (np.zeros(1), [0.0]),
        ({"a": 1}, 1),
    ],
)
def test_values_of_another_kind_are_not_equal(received: Any, expected: Any) -> None:
    assert failure(expect_value, "it", received, expected)


def test_public_checks_may_show_the_right_value() -> None:
    assert failure(expect_value, "size", 4, 3, reveal=True) == "Expected size to be 3. Received: 4 (int)."
    message = failure(expect_array, "grid", np.zeros(2), np.array([0.0, 2.5]), reveal=True)
    assert message.endswith("at index [1], where 2.5 was expected and 0 received.")
    message = failure(expect_array, "grid", np.array([True]), np.array([0.0]), reveal=True)
    assert message.endswith("where 0 was expected and 1 received.")


@pytest.mark.parametrize(
    ("received", "words"),
    [
        (np.zeros_like(GRID), "zeros everywhere"),
        (np.full_like(GRID, 7.0), "one and the same value everywhere"),
        (GRID + 0.5, "every value off by the same amount"),
        (GRID * 2, "every value off by the same factor"),
        (GRID[:, ::-1], "other values"),
    ],
)
def test_the_kind_of_error_is_named(received: Any, words: str) -> None:
    """The message also gives the index of the first wrong value."""
    message = failure(expect_array, "the output", received, GRID)
    assert f"Received: {words}; " in message
    assert "the first at index [0, " in message


def test_one_wrong_value_is_not_a_shift() -> None:
    """This also holds where the other values are large."""
    message = failure(expect_array, "the output", np.array([1e6, 2.0]), np.array([1e6, 1.0]))
    assert "Received: other values; 1 of 2 values differ" in message


def test_the_largest_floats_give_no_warning() -> None:
    """Their difference is too large for a float."""
    huge = np.array([1e308, -1e308])
    assert "2 of 2 values differ" in failure(expect_array, "the output", huge, -huge)


@pytest.mark.parametrize("seed", range(20))
def test_a_hidden_message_has_no_expected_number(seed: int) -> None:
    rng = np.random.default_rng(seed)
    expected = rng.normal(size=(3, 4)) * 100
    received = [expected + 1, expected * 3, rng.normal(size=(3, 4)), np.zeros((3, 4)), expected[:, ::-1]][
        seed % 5
    ]
    message = failure(expect_array, "the output", received, expected)
    for number in expected.ravel():
        assert f"{number:.3g}" not in message
        assert f"{abs(number):.2f}" not in message


@pytest.mark.parametrize(
    ("received", "words"),
    [
        (np.zeros((3, 2)), "to have shape (2, 3). Received: (3, 2)."),
        (np.zeros(6), "to have shape (2, 3). Received: (6,)."),
        (None, "to be a NumPy array. Received: None (is a return missing?)."),
        ([[1, 2]], "to be a NumPy array. Received: [[1, 2]] (list)."),
        (
            np.where(GRID[1, 1] == GRID, np.nan, GRID),
            "to be finite. Received: NaN or infinity at index [1, 1].",
        ),
    ],
)
def test_what_is_no_such_array_is_named(received: Any, words: str) -> None:
    assert failure(expect_array, "the output", received, GRID) == f"Expected the output {words}"


def test_numbers_come_as_a_list_or_an_array() -> None:
    for given in ([2.0, 1], (2.0, 1.0), np.array([2.0, 1.0]), [np.array(2.0, "float32"), np.array(1)]):
        np.testing.assert_array_equal(expect_numbers("losses", given, 2), [2.0, 1.0])


@pytest.mark.parametrize(
    ("received", "words"),
    [
        ([1.0], "Expected losses to have shape (2,). Received: (1,)."),
        ([1.0, "x"], "Expected losses to be 2 numbers. Received: float, str."),
        ([1.0, float("nan")], "Expected losses to be finite. Received: NaN or infinity at index [1]."),
        ({"loss": [1.0]}, "Expected losses to be a list of 2 numbers. Received: {'loss': [1.0]} (dict)."),
    ],
)
def test_what_is_no_list_of_numbers_is_named(received: Any, words: str) -> None:
    assert failure(expect_numbers, "losses", received, 2) == words


def test_a_figure_may_equal_its_limit() -> None:
    """NaN never passes."""
    expect_at_least("accuracy", 0.9, 0.9)
    message = failure(expect_at_least, "accuracy", 0.5, 0.9)
    assert message == "Expected accuracy of at least 0.900. Received: 0.500."
    assert "nan" in failure(expect_at_least, "accuracy", float("nan"), 0.9)


def test_accuracy_is_the_share_of_right_answers() -> None:
    assert accuracy(np.eye(4), np.array([0, 1, 2, 0])) == 0.75


def test_cross_entropy_of_equal_probabilities() -> None:
    """It is the logarithm of the number of classes."""
    assert cross_entropy(np.full((3, 4), 0.25), np.array([0, 1, 3])) == pytest.approx(np.log(4))


@pytest.mark.parametrize(
    ("outputs", "words"),
    [
        (np.array([[5.0, -1.0]]), "Received: values from -1 to 5, sums from 4 to 4."),
        (np.array([[0.9, 0.9]]), "Received: values from 0.9 to 0.9, sums from 1.8 to 1.8."),
    ],
)
def test_cross_entropy_of_logits_is_none(outputs: Any, words: str) -> None:
    message = failure(cross_entropy, outputs, np.array([0]))
    assert message == f"Expected probabilities: no negative values, and rows with sum 1. {words}"


TABLE = [LayerRow("a", (4, 2)), LayerRow("b", (3,))]


def layers(*rows: tuple[str, tuple[int, ...]]) -> list[LayerView]:
    return [LayerView(name, "Dense", shape, 0) for name, shape in rows]


def test_other_layers_may_stand_between() -> None:
    """A network may have more layers than the table in the handout."""
    expect_layers(layers(("a", (4, 2)), ("extra", (9,)), ("b", (3,))), TABLE)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([("b", (3,))], "Expected a layer named 'a'. Received: layers named b."),
        ([("a", (4, 1)), ("b", (3,))], "Expected layer 'a' to give shape (4, 2). Received: (4, 1)."),
        ([("b", (3,)), ("a", (4, 2))], "Expected the layers in the table's order. Received: b, a."),
    ],
)
def test_the_first_wrong_layer_is_named(given: Any, words: str) -> None:
    """A layer may be missing, have another shape or stand in another place."""
    assert failure(expect_layers, layers(*given), TABLE) == words


def test_a_missing_activation_is_seen_in_values() -> None:
    """The outputs of a ReLU have zeros and no negative numbers."""
    expect_rectified({"a": np.array([0.0, 1.0])}, ["a"])
    assert "50% of them negative" in failure(expect_rectified, {"a": np.array([-1.0, 1.0])}, ["a"])
    assert "zeros everywhere" in failure(expect_rectified, {"a": np.zeros(2)}, ["a"])
    assert "to have zeros, as a ReLU gives" in failure(expect_rectified, {"a": np.array([0.5, 0.7])}, ["a"])
    message = failure(expect_rectified, {"a": np.ones(2)}, ["conv1"])
    assert message == "Expected a layer named 'conv1'. Received: a."


def test_a_relu_may_be_a_layer_of_its_own() -> None:
    linear, rectified = np.array([-1.0, 1.0]), np.array([0.0, 1.0])
    expect_rectified({"a": linear, "relu": rectified, "b": linear}, ["a"], table=["a", "b"])
    for activations in ({"a": linear, "b": rectified}, {"relu": rectified, "a": linear, "b": linear}):
        assert "50% of them" in failure(expect_rectified, activations, ["a"], table=["a", "b"])


def weighing(*rows: tuple[str, int]) -> list[LayerView]:
    return [LayerView(name, "Dense", (1,), parameters) for name, parameters in rows]


def test_parameters_count_with_the_next_named() -> None:
    """Parameters of a layer without a row in the table belong to the next layer that has one."""
    expect_parameters(weighing(("a", 3), ("scores", 8), ("b", 0)), {"a": 3, "b": 8})


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([("a", 1234), ("b", 8)], "Expected 3 parameters in layer 'a'. Received: 1,234."),
        ([("a", 3), ("b", 8), ("more", 1)], "Expected 8 parameters in layer 'b'. Received: 9."),
    ],
)
def test_wrong_parameter_counts_name_their_layer(given: Any, words: str) -> None:
    assert failure(expect_parameters, weighing(*given), {"a": 3, "b": 8}) == words


@pytest.mark.parametrize("share", [0, 1, -0.5, 2])
def test_partial_credit_is_a_part(share: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        PartialCredit(share, "half")


def test_a_known_mistake_is_named() -> None:
    """The message has its name in place of the kind of error."""
    mistakes = {"the rows in reverse": GRID[::-1], "the first row only": GRID[0]}
    options: dict[str, Any] = {"mistakes": mistakes, "hint": "Which row comes first?"}
    start = "Expected the grid to have the reference's values. Received: "
    assert failure(expect_array, "the grid", GRID[::-1], GRID, **options) == start + "the rows in reverse."
    assert failure(expect_array, "the grid", GRID[0], GRID, **options) == start + "the first row only."
    assert "other values" in failure(expect_array, "the grid", GRID[:, ::-1], GRID, **options)
    expect_array("the grid", GRID, GRID, mistakes={"what is right": GRID})


def test_a_single_wrong_value_is_another_value() -> None:
    """An array of one value has no shift, no factor and no first place."""
    one = np.array([[2.0]])
    assert failure(expect_array, "the sum", np.array([[3.0]]), one, reveal=True) == (
        "Expected the sum to have the reference's values. "
        "Received: another value, where 2 was expected and 3 received."
    )
    assert failure(expect_array, "the sum", np.array([[3.0]]), one) == (
        "Expected the sum to have the reference's values. Received: another value."
    )


def test_a_pair_is_a_tuple_or_list_of_two() -> None:
    assert expect_pair("f", (1, 2), "this and that") == (1, 2)
    assert expect_pair("f", [1, 2], "this and that") == (1, 2)


@pytest.mark.parametrize(
    ("received", "words"),
    [
        ((1, 2, 3), "3 values"),
        (None, "None (is a return missing?)"),
        (np.zeros((2, 3)), "an array of shape (2, 3)"),
    ],
)
def test_what_is_no_pair_is_named(received: object, words: str) -> None:
    message = failure(expect_pair, "f", received, "this and that")
    assert message == f"Expected f to return two arrays: this and that. Received: {words}."


def test_mean_probability_is_of_the_right_class() -> None:
    """Rows whose sum is not 1 are refused."""
    rows = np.array([[0.5, 0.5, 0], [0.1, 0.2, 0.7]])
    assert mean_probability(rows, np.array([1, 2])) == pytest.approx(0.6)
    assert "rows with sum 1" in failure(mean_probability, rows * 2, np.array([1, 2]))
