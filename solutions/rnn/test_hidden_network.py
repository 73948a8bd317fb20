"""The hidden checks of the RNN homework: the network without training, and its predictions."""

import numpy as np
import pytest

from autograder.checks import CheckFailed, expect_array
from autograder.checks.recurrent import strong_weights

pytestmark = pytest.mark.visibility("hidden")


@pytest.fixture
def strong_network(network, runs, run_seed):
    """The network of conftest.py with large weights, the same ones in all checks.

    Large weights may happen to forget fast: of three draws it is the one whose outputs depend most on the
    windows before.
    """
    rng = np.random.default_rng(run_seed("weights", 0))

    def memory(drawn):
        in_a_row, *alone = drawn.run_sequences([runs[0], *runs[0][:, np.newaxis]])
        return np.abs(in_a_row - np.concatenate(alone)).max()

    return max((network.with_weights(strong_weights(network.weights, rng)) for _ in range(3)), key=memory)


@pytest.fixture
def runs(run_seed):
    """Two runs of three windows for that network, each (3, 3, 4, 2)."""
    rng = np.random.default_rng(run_seed("windows", 0))
    return rng.normal(size=(2, 3, 3, 4, 2)).astype("float32")


@pytest.mark.points(1)
@pytest.mark.needs("network_shape")
def test_network_gives_probabilities(strong_network, runs):
    """build_stateful_lstm gives probabilities at every time step: none negative, each row with sum 1."""
    [outputs] = strong_network.run_sequences([runs[0]])
    hint = "Which activation turns numbers into probabilities?"
    if (outputs < 0).any():
        raise CheckFailed("Expected probabilities. Received: negative values.", hint)
    sums = outputs.sum(axis=-1)
    if not np.allclose(sums, 1, atol=1e-4):
        raise CheckFailed(
            f"Expected rows with sum 1. Received: sums from {sums.min():.3f} to {sums.max():.3f}.", hint
        )


@pytest.mark.points(2)
@pytest.mark.needs("network_shape")
def test_network_remembers(networks, strong_network, runs):
    """build_stateful_lstm keeps its state: windows one after the other give what one long window gives."""
    windows = runs[0]
    other_ends = windows.copy()
    other_ends[:, :, -1] += 1
    outputs, with_other_ends, *alone = strong_network.run_sequences(
        [windows, other_ends, *windows[:, np.newaxis]]
    )
    if not np.allclose(outputs[0, :, :-1], with_other_ends[0, :, :-1], atol=1e-4):
        raise CheckFailed(
            "Expected what the network gives at a time step to follow from the steps up to it. "
            "Received: outputs that depend on later steps of the window.",
            "A network that predicts must not read backwards (go_backwards), and nothing may mix the time "
            "steps of a window: no Flatten, no softmax over the time axis.",
        )
    if np.allclose(outputs, np.concatenate(alone), atol=1e-4):
        raise CheckFailed(
            "Expected what the network gives for a window to depend on the windows before it. "
            "Received: the same as without them; the state is forgotten between windows.",
            "The recurrent layer has an option that makes it keep its state: stateful=True.",
        )
    long_network = networks[1].model.with_weights(strong_network.weights)
    [at_once] = long_network.run_sequences([np.concatenate(windows, axis=1)[np.newaxis]])
    expect_array(
        "what the network gives for windows one after the other",
        np.concatenate(outputs, axis=1),
        at_once[0],
        relative=1e-3,
        absolute=1e-3,
        hint="The same weights at every time step, and nothing that mixes the steps of a window.",
    )


@pytest.fixture
def predictions(submission, strong_network, runs):
    """What predict_stateful returns for the two runs of windows, called one after the other."""
    script = submission.script()
    network = script.call("build_stateful_lstm", 3, 4, 2, 5, 6)
    script.set_weights(network, strong_network.weights)
    return [script.call("predict_stateful", network, windows) for windows in runs]


@pytest.mark.points(3)
@pytest.mark.needs("network_remembers")
def test_predict_carries_the_state(predictions, strong_network, runs):
    """predict_stateful gives what the network gives for windows in their order, and keeps the state."""
    windows, received = runs[0], predictions[0].value
    expected, backwards, *alone = strong_network.run_sequences(
        [windows, windows[::-1], *windows[:, np.newaxis]]
    )
    mistakes = {
        "what comes when the state is reset before every window": np.concatenate(alone),
        "the windows in reverse order": backwards[::-1],
        "the sequences in front of the windows": expected.swapaxes(0, 1),
        "the last window only": expected[-1],
        "the last time step of every window only": expected[:, :, -1],
        "all windows in one axis, and not an axis of their own": np.concatenate(expected),
        "the number of the most probable class in place of the probabilities": expected.argmax(axis=-1),
    }
    expect_array(
        "what predict_stateful returns",
        received,
        expected,
        relative=1e-3,
        absolute=1e-4,
        mistakes=mistakes,
        hint="Reset once before the first window, then run one window after the other.",
    )


@pytest.mark.points(1)
@pytest.mark.needs("predict_carries_the_state")
def test_predict_starts_afresh(predictions, strong_network, runs):
    """predict_stateful starts from a state of zeros, whatever the network was used for before."""
    received = predictions[1].value
    expected, in_a_row = strong_network.run_sequences([runs[1], np.concatenate(runs)])
    expect_array(
        "what a second predict_stateful returns",
        received,
        expected,
        relative=1e-3,
        absolute=1e-4,
        mistakes={"what comes from the state that the first call left": in_a_row[len(runs[0]) :]},
        hint="Reset the state at the beginning of predict_stateful.",
    )
