"""The RNN reference, and the wheats beside it, against Keras's own layers."""

from typing import Any, TypeAlias

import numpy as np
import pytest
from numpy.typing import NDArray

from solutions import Run, solution

pytestmark = pytest.mark.tensorflow

CORRECT = ["rnn.py", "wheat/plain_python.py", "wheat/manual_state.py"]

Array: TypeAlias = NDArray[Any]


# ------------------------------------------------------------------------ called in the other process


def run_lstm(
    name: str, inputs: Array, weights: list[Array], initial: dict[str, Array]
) -> tuple[Array, Array, Array, Array]:
    """Return hidden and cell states of a solution, and Keras's hidden states and last cell state."""
    import keras

    hidden, cells = solution("rnn", name).lstm_forward(inputs, *weights, **initial)
    layer = keras.layers.LSTM(
        len(weights[1]), return_sequences=True, return_state=True, dtype=inputs.dtype.name
    )
    layer.build(inputs.shape)
    layer.set_weights(weights)
    zeros = np.zeros((len(inputs), len(weights[1])), dtype=inputs.dtype)
    states = [initial.get("h0", zeros), initial.get("c0", zeros)]
    expected, _, last = layer(inputs, initial_state=states)
    return hidden, cells, np.asarray(expected), np.asarray(last)


def take_steps(name: str, inputs: Array, weights: list[Array]) -> tuple[Array, Array]:
    """Return the hidden states that a solution's steps give, and those of its whole sequence."""
    module = solution("rnn", name)
    h = c = np.zeros((len(inputs), len(weights[1])), dtype=inputs.dtype)
    found = []
    for t in range(inputs.shape[1]):
        h, c = module.lstm_step(inputs[:, t], h, c, *weights)
        found.append(h)
    return np.stack(found, axis=1), module.lstm_forward(inputs, *weights)[0]


def cut(name: str, sequence: Array, window: int) -> tuple[Array, Array]:
    """Return a solution's windows."""
    inputs, targets = solution("rnn", name).make_windows(sequence, window)
    return inputs, targets


def strengthen(model: Any, seed: int) -> None:
    """Give a network weights that make its outputs depend on all it has seen."""
    rng = np.random.default_rng(seed)
    model.set_weights([2 * rng.normal(size=values.shape) for values in model.get_weights()])


def remember(name: str, windows: Array) -> dict[str, Array]:
    """Return what a network gives for windows in a row, again after a reset, alone, and in one piece."""
    module = solution("rnn", name)
    steps, batch, window, features = windows.shape
    model = module.build_stateful_lstm(batch, window, features, 5, 4)
    strengthen(model, 1)
    long_model = module.build_stateful_lstm(batch, steps * window, features, 5, 4)
    long_model.set_weights(model.get_weights())
    return {
        "in a row": module.predict_stateful(model, windows),
        "again": module.predict_stateful(model, windows),
        "last alone": module.predict_stateful(model, windows[-1:]),
        "in one piece": module.predict_stateful(long_model, np.concatenate(windows, axis=1)[np.newaxis]),
    }


def write(name: str, start: list[int], length: int) -> tuple[list[int], list[int], list[int]]:
    """Return what a solution generates, twice, and what a slow loop over whole sequences does."""
    module = solution("rnn", name)
    model = module.build_stateful_lstm(1, 1, 6, 5, 6)
    strengthen(model, 20)  # with these weights, what follows is not the same from every state
    expected = list(start)
    for _ in range(length):
        windows = np.eye(6, dtype="float32")[expected].reshape(-1, 1, 1, 6)
        expected.append(int(module.predict_stateful(model, windows)[-1].argmax()))
    generated = [module.generate(model, start, length) for _ in range(2)]
    return generated[0], generated[1], expected[len(start) :]


def train(name: str, windows: Array, targets: Array, epochs: int, dirty: Array | None) -> tuple[Any, Any]:
    """Return the losses of a training from fixed weights, and the weights after it."""
    module = solution("rnn", name)
    model = module.build_stateful_lstm(*windows.shape[1:], 5, 3)
    rng = np.random.default_rng(3)
    model.set_weights([rng.normal(size=values.shape) for values in model.get_weights()])
    if dirty is not None:
        for window in dirty:
            model(window)
    losses = module.train_stateful(model, windows, targets, epochs=epochs)
    return losses, model.get_weights()


def loss_after_window(
    name: str, before: Array, weights: list[Array], window: Array, targets: Array
) -> tuple[float, float]:
    """Return the loss of a network on one window from the state that another one left, and from zeros.

    The window before met the first weights, as in a training whose first step led to ``weights``.
    """
    module = solution("rnn", name)
    model = module.build_stateful_lstm(*window.shape, 5, 3)
    rng = np.random.default_rng(3)
    model.set_weights([rng.normal(size=values.shape) for values in model.get_weights()])
    losses = []
    for read in (before, None):
        for layer in model.layers:
            if getattr(layer, "stateful", False):
                layer.reset_states()
        if read is not None:
            model(read)
        model.set_weights(weights)
        right = np.take_along_axis(np.asarray(model(window)), targets[..., np.newaxis], axis=-1)
        losses.append(float(-np.log(right).mean()))
    return losses[0], losses[1]


def loss_before_training(name: str, window: Array, targets: Array, weights: list[Array] | None) -> float:
    """Return the cross-entropy of a network on one window from a state of zeros."""
    module = solution("rnn", name)
    model = module.build_stateful_lstm(*window.shape, 5, 3)
    rng = np.random.default_rng(3)
    drawn = [rng.normal(size=values.shape) for values in model.get_weights()]
    model.set_weights(drawn if weights is None else weights)
    right = np.take_along_axis(np.asarray(model(window)), targets[..., np.newaxis], axis=-1)
    return float(-np.log(right).mean())


# ------------------------------------------------------------------------------------------- the tests


def normal(*shape: int, dtype: str = "float32", scale: float = 1.0) -> Array:
    """Return the same random numbers for the same shape."""
    return (scale * np.random.default_rng(shape).normal(size=shape)).astype(dtype)


def lstm_weights(features: int, units: int, dtype: str = "float32", scale: float = 1.0) -> list[Array]:
    """Return kernel, recurrent kernel and bias."""
    shapes = [(features, 4 * units), (units, 4 * units), (4 * units,)]
    return [normal(*shape, dtype=dtype, scale=scale) for shape in shapes]


@pytest.mark.parametrize("name", CORRECT)
@pytest.mark.parametrize("given", [(), ("h0",), ("c0",), ("h0", "c0")])
@pytest.mark.parametrize("size", [(2, 5, 3, 4), (1, 1, 1, 1), (3, 2, 1, 2), (1, 4, 5, 1)])
def test_lstm_forward_agrees_with_keras(
    beside: Run, name: str, size: tuple[int, int, int, int], given: tuple[str, ...]
) -> None:
    n, steps, features, units = size
    initial = {state: normal(n, units, scale=1.0 + (state == "c0")) for state in given}
    hidden, cells, expected, last = beside(
        run_lstm, name, normal(n, steps, features), lstm_weights(features, units), initial
    )
    np.testing.assert_allclose(hidden, expected, atol=1e-5)
    np.testing.assert_allclose(cells[:, -1], last, atol=1e-5)
    assert cells.shape == (n, steps, units)
    assert hidden.dtype == cells.dtype == np.float32


@pytest.mark.parametrize("name", CORRECT)
def test_lstm_forward_keeps_double_precision(beside: Run, name: str) -> None:
    hidden, cells, expected, _ = beside(
        run_lstm, name, normal(2, 20, 3, dtype="float64"), lstm_weights(3, 4, "float64"), {}
    )
    assert hidden.dtype == cells.dtype == np.float64
    np.testing.assert_allclose(hidden, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", CORRECT)
def test_lstm_forward_takes_long_and_large_inputs(beside: Run, name: str) -> None:
    hidden, _, expected, _ = beside(
        run_lstm, name, normal(2, 300, 3, scale=30), lstm_weights(3, 4, scale=30), {}
    )
    np.testing.assert_allclose(hidden, expected, atol=1e-3)


@pytest.mark.parametrize("name", CORRECT)
def test_lstm_steps_agree_with_the_whole_sequence(beside: Run, name: str) -> None:
    steps, whole = beside(take_steps, name, normal(2, 6, 3), lstm_weights(3, 4))
    np.testing.assert_allclose(steps, whole, atol=1e-6)


@pytest.mark.parametrize("name", CORRECT)
@pytest.mark.parametrize("window", [1, 2, 3, 7])
@pytest.mark.parametrize("length", [8, 9, 10, 15])
def test_each_target_is_the_next_element(beside: Run, name: str, length: int, window: int) -> None:
    """A rest that does not fill a window is left out."""
    inputs, targets = beside(cut, name, np.arange(length), window)
    assert inputs.shape == targets.shape == ((length - 1) // window, window)
    np.testing.assert_array_equal(inputs.ravel(), np.arange(inputs.size))
    np.testing.assert_array_equal(targets, inputs + 1)


@pytest.mark.parametrize("name", CORRECT)
def test_windows_of_vectors_keep_shape_and_dtype(beside: Run, name: str) -> None:
    sequence = normal(9, 2)
    inputs, targets = beside(cut, name, sequence, 4)
    assert inputs.shape == targets.shape == (2, 4, 2)
    assert inputs.dtype == targets.dtype == np.float32
    np.testing.assert_array_equal(targets.reshape(8, 2), sequence[1:])


@pytest.mark.parametrize("name", [*CORRECT, "wheat/functional_gru.py", "wheat/simple_rnn.py"])
def test_the_state_is_kept_between_windows(beside: Run, name: str) -> None:
    """Each prediction starts with a state of zeros."""
    found = beside(remember, name, normal(4, 2, 3, 2))
    assert found["in a row"].shape == (4, 2, 3, 4)
    np.testing.assert_allclose(found["in a row"].sum(axis=-1), 1, atol=1e-5)
    np.testing.assert_allclose(found["again"], found["in a row"], atol=1e-6)
    np.testing.assert_allclose(np.concatenate(found["in a row"], axis=1), found["in one piece"][0], atol=1e-4)
    assert np.abs(found["in a row"][-1] - found["last alone"][0]).max() > 1e-2


@pytest.mark.parametrize("name", CORRECT)
@pytest.mark.parametrize(("start", "length"), [([2], 7), ([0, 5, 5, 1], 4), ([3, 1], 1)])
def test_generate_adds_the_most_probable_letter(
    beside: Run, name: str, start: list[int], length: int
) -> None:
    generated, again, expected = beside(write, name, start, length)
    assert generated == again == expected
    assert {type(letter) for letter in generated} == {int}


@pytest.mark.parametrize("name", CORRECT)
def test_training_lowers_the_loss_reproducibly(beside: Run, name: str) -> None:
    windows = normal(5, 4, 2, 3)
    targets = (windows.sum(axis=-1) > 0).astype("int32")
    losses, weights = beside(train, name, windows, targets, 6, None)
    again, same = beside(train, name, windows, targets, 6, None)
    assert len(losses) == 6
    assert losses[-1] < losses[0]
    assert {type(loss) for loss in losses} == {float}
    assert losses == again
    for one, other in zip(weights, same, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", CORRECT)
def test_every_epoch_starts_from_a_state_of_zeros(beside: Run, name: str) -> None:
    """With one window an epoch, a loss is that of the network as the epoch before left it."""
    windows = normal(1, 4, 3, 3)
    targets = (windows.sum(axis=-1) > 0).astype("int32")
    _, weights = beside(train, name, windows, targets, 1, None)
    (first, second), _ = beside(train, name, windows, targets, 2, normal(3, 4, 3, 3))
    expected = [beside(loss_before_training, name, windows[0], targets[0], w) for w in (None, weights)]
    np.testing.assert_allclose([first, second], expected, rtol=1e-4)


@pytest.mark.parametrize("name", CORRECT)
def test_the_state_carries_over_within_an_epoch(beside: Run, name: str) -> None:
    """The second window meets the weights that the first one led to, and the state that it left."""
    windows = normal(2, 4, 3, 3)
    targets = (windows.sum(axis=-1) > 0).astype("int32")
    [first], weights = beside(train, name, windows[:1], targets[:1], 1, None)
    [mean], _ = beside(train, name, windows, targets, 1, None)
    carried, from_zeros = beside(loss_after_window, name, windows[0], weights, windows[1], targets[1])
    np.testing.assert_allclose(2 * mean - first, carried, rtol=1e-4)
    assert abs(carried - from_zeros) > 0.01
