"""The hidden checks of the RNN homework: the network without training, its predictions, generation."""

import numpy as np
import pytest

from autograder.checks import (
    CheckFailed,
    answers,
    chooses,
    expect_array,
    expect_letters,
    run_windows_alone,
    strong_weights,
)

pytestmark = pytest.mark.visibility("hidden")


@pytest.fixture
def strong_network(network, run_seed):
    """The network of conftest.py with large weights, the same ones in all checks."""
    rng = np.random.default_rng(run_seed("weights", 0))
    return network.with_weights(strong_weights(network.weights, rng))


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
    outputs, with_other_ends = strong_network.run_sequences([windows, other_ends])
    if not np.allclose(outputs[0, :, :-1], with_other_ends[0, :, :-1], atol=1e-4):
        raise CheckFailed(
            "Expected what the network gives at a time step to follow from the steps up to it. "
            "Received: outputs that depend on later steps of the window.",
            "A network that predicts must not read backwards: no Bidirectional, no go_backwards.",
        )
    if np.allclose(outputs, run_windows_alone(strong_network, windows), atol=1e-4):
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
    expected, backwards = strong_network.run_sequences([windows, windows[::-1]])
    mistakes = {
        "what comes when the state is reset before every window": run_windows_alone(strong_network, windows),
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


@pytest.mark.points(2)
@pytest.mark.needs("network_remembers")
def test_generate_follows_the_network(submission, networks, rng):
    """Each letter that generate returns is the one the network finds most probable after all before it."""
    length, starts = 8, [[1], [4, 2, 5], [0, 6], [3, 3, 1, 2]]
    small = networks[2].model
    small = small.with_weights(strong_weights(small.weights, rng, scale=2.0))
    count = small.config.input_shape[-1]
    script = submission.script()
    network = script.call("build_stateful_lstm", 1, 1, count, 6, count)
    script.set_weights(network, small.weights)
    steps = [script.call("generate", network, start, length) for start in starts]
    calls = [
        (start, expect_letters(step.value, length, count, start))
        for start, step in zip(starts, steps, strict=True)
    ]
    histories = [[*start, *letters[:-1]] for start, letters in calls]
    right = [
        chooses(said, letters)
        for said, (_, letters) in zip(answers(small, histories, [length] * len(calls)), calls, strict=True)
    ]
    if not all(right):
        raise CheckFailed(
            "Expected every letter to be the most probable one after all letters before it. "
            f"Received: {mistake_of_generate(small, calls) or 'other letters'}.",
            "Reset the state, read the whole start, then feed back each letter as it is chosen.",
        )


def mistake_of_generate(small, calls):
    """Name the known mistake that explains every letter of these calls; empty when there is none.

    Args:
        small: a network for single letters.
        calls: the start and the letters that generate returned, for each call.
    """
    length = len(calls[0][1])
    before, in_a_row, with_last = [], [], []
    for start, letters in calls:
        in_a_row.append([*before, *start, *letters[:-1]])
        before = in_a_row[-1]
    before = []
    for start, letters in calls:
        with_last.append([*before, *start, *letters[:-1]])
        before = [*with_last[-1], letters[-1]]
    left = "what comes from the state that the call before left"
    read = [
        (left, in_a_row),
        (left, with_last),
        (
            "what comes when only the last letter of the start is read",
            [[start[-1], *letters[:-1]] for start, letters in calls],
        ),
        (
            "what comes when only the first letter of the start is read",
            [[start[0], *letters[:-1]] for start, letters in calls],
        ),
        (
            "what comes when the last letter of the start is read again and again",
            [[*start, *[start[-1]] * (length - 1)] for start, _ in calls],
        ),
        (
            "what comes when the last letter of the start is read twice",
            [[*start, start[-1], *letters[:-1]] for start, letters in calls],
        ),
    ]
    for words, histories in read:
        found = answers(small, histories, [length] * len(calls))
        if all(chooses(said, letters) for said, (_, letters) in zip(found, calls, strict=True)):
            return words
    singles = [[letter] for start, letters in calls for letter in (start[-1], *letters[:-1])]
    said = np.concatenate(answers(small, singles, [1] * len(singles)))
    if chooses(said, [letter for _, letters in calls for letter in letters]):
        return "what comes when the state is reset before every letter"
    late = [[*start, *letters[:-1]] for start, letters in calls]
    found = answers(small, late, [length - 1] * len(calls))
    if all(chooses(said, letters[1:]) for said, (_, letters) in zip(found, calls, strict=True)):
        return "a first letter that is not the network's, and letters that follow from it"
    return ""
