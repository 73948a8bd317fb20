"""The hidden checks of the RNN homework: how a network goes on with a sequence, without training."""

import numpy as np
import pytest
from letters import answers, chooses, expect_letters

from autograder.checks import CheckFailed
from autograder.checks.recurrent import strong_weights

pytestmark = pytest.mark.visibility("hidden")

STARTS = [[1], [4, 2, 5], [0, 6], [3, 3, 1, 2], [6, 0, 5, 1], [2], [4, 2, 5]]
LENGTH = 6
DRAWS = 4
LEAST_CHANGED = 0.25  # in 120 courses at least 0.42 were


@pytest.fixture
def small_network(networks, rng):
    """The network for letters, with weights that make what it says depend much on what it has read."""
    return most_attentive(networks[2].model, rng)


def most_attentive(network, rng):
    """Return the one of several draws in which most depends on what the network reads."""
    changed, chosen = max((draw(network, rng) for _ in range(DRAWS)), key=lambda drawn: drawn[0])
    if changed < LEAST_CHANGED:
        raise RuntimeError(
            f"No generate can be judged with this network: {changed:.0%} of its letters follow from the past."
        )
    return chosen


def draw(network, rng):
    """Draw random weights for a network for letters, and measure how much depends on what it reads.

    With random biases two of five networks go on with the same few letters whatever they have read, and
    wrong functions then return what right ones do. So biases are zeros, but for those of the last layer: with
    them all letters are equally probable in the mean over random sequences.

    Returns:
        How often another letter is chosen when each letter read is half a letter and half chance, as a share;
        and the network.
    """
    weights = [
        np.zeros_like(values) if is_bias(values) else values
        for values in strong_weights(network.weights, rng, scale=2.0, readout=0.5)
    ]
    count = weights[-1].shape[-1]
    letters = np.eye(count, dtype="float32")[rng.integers(count, size=(12, 8, 1, 1))]
    chance = rng.dirichlet(np.ones(count), size=letters.shape[:-1]).astype("float32")
    outputs = np.array(network.with_weights(weights).run_sequences([*letters, *(letters + chance) / 2]))
    # Logarithms of a softmax are what went into it, up to a constant; other networks have no softmax.
    of_letters, of_both = np.split(np.log(outputs) if outputs.min() > 0 else outputs, 2)
    if is_bias(weights[-1]):
        mean = of_letters.mean(axis=(0, 1, 2, 3))
        of_letters, of_both, weights[-1] = of_letters - mean, of_both - mean, weights[-1] - mean
    changed = np.mean(of_letters.argmax(axis=-1) != of_both.argmax(axis=-1))
    return changed, network.with_weights(weights)


def is_bias(values):
    """Return whether an array of weights is added to something; a GRU's bias has two rows."""
    return values.ndim == 1 or len(values) == 2


@pytest.mark.points(2)
@pytest.mark.needs("network_remembers")
def test_generate_follows_the_network(submission, small_network, rng):
    """Each letter that generate returns is the one the network finds most probable after all before it."""
    count = small_network.config.input_shape[-1]
    script = submission.script()
    network = script.call("build_stateful_lstm", 1, 1, count, 6, count)
    script.set_weights(network, small_network.weights)
    steps = [script.call("generate", network, start, LENGTH) for start in STARTS]
    script.set_weights(network, strong_weights(small_network.weights, rng, scale=2.0))
    of_other_weights = script.call("generate", network, STARTS[1], LENGTH)
    calls = [
        (start, expect_letters(step.value, LENGTH, count, start))
        for start, step in zip(STARTS, steps, strict=True)
    ]
    if not follows(small_network, calls):
        ignored = expect_letters(of_other_weights.value, LENGTH, count) == calls[1][1]
        raise CheckFailed(
            "Expected every letter to be the most probable one after all letters before it. Received: "
            + (
                "the same letters whatever the network's weights."
                if ignored
                else f"{mistake(small_network, calls)}."
            ),
            "Reset the state, read the whole start, then feed back each letter as it is chosen.",
        )


def follows(network, calls):
    """Return whether every letter is the one that a network chooses after all before it."""
    return explained(network, calls, [[*start, *letters[:-1]] for start, letters in calls])


def explained(network, calls, histories, skipped=0):
    """Return whether the letters of every call are what a network chooses at the ends of histories.

    Args:
        network: one for single letters.
        calls: start and letters of each call.
        histories: what was read before the last letter of each call.
        skipped: how many letters of each call are left out of account.
    """
    found = answers(network, histories, [LENGTH - skipped] * len(calls))
    return all(chooses(said, letters[skipped:]) for said, (_, letters) in zip(found, calls, strict=True))


def mistake(network, calls):
    """Name the first known mistake that explains every letter of these calls."""
    return next((words for words, found in known_mistakes(network, calls) if found), "other letters")


def known_mistakes(network, calls):
    """Yield the words for each known mistake, and whether it explains every letter."""

    def read(history, skipped=0):
        return explained(network, calls, [history(*call) for call in calls], skipped)

    yield (
        "what comes when only the last letter of the start is read",
        read(lambda start, letters: [start[-1], *letters[:-1]]),
    )
    yield (
        "what comes when only the first letter of the start is read",
        read(lambda start, letters: [start[0], *letters[:-1]]),
    )
    yield (
        "what comes when the last letter of the start is read again and again",
        read(lambda start, letters: [*start, *[start[-1]] * (len(letters) - 1)]),
    )
    yield (
        "what comes when the last letter of the start is read twice",
        read(lambda start, letters: [*start, start[-1], *letters[:-1]]),
    )
    left = (explained(network, calls, in_a_row(calls, with_last=last)) for last in (False, True))
    yield "what comes from the state that the call before left", any(left)
    yield "what comes when the state is reset before every letter", one_by_one(network, calls)
    yield "other letters each time for the same start, as if they were drawn", calls[1] != calls[-1]
    yield (
        "the last letter of the start, and then what follows it",
        all(letters[0] == start[-1] for start, letters in calls)
        and read(lambda start, letters: [*start, *letters[1:-1]], skipped=1),
    )
    firsts = {tuple(start): answers(network, [start], [1])[0].argmax() for start, _ in calls}
    yield (
        "letters without the first one, which the network says right after the start",
        read(lambda start, letters: [*start, firsts[tuple(start)], *letters[:-1]]),
    )
    yield (
        "a first letter that is not the network's, and letters that follow from it",
        read(lambda start, letters: [*start, *letters[:-1]], skipped=1),
    )
    yield (
        "what comes when the probabilities are fed back, and not the letter that was chosen",
        all(letters == fed_back(network, start) for start, letters in calls[:2]),
    )


def one_by_one(network, calls):
    """Return whether each letter is what a network chooses after the one before alone."""
    read = [[letter] for start, letters in calls for letter in (start[-1], *letters[:-1])]
    said = np.concatenate(answers(network, read, [1] * len(read)))
    return chooses(said, [letter for _, letters in calls for letter in letters])


def in_a_row(calls, *, with_last):
    """Return what is read before the last letter of each call when the state is never reset.

    Args:
        calls: start and letters of each call.
        with_last: the last letter of a call is read as well.
    """
    histories, before = [], []
    for start, letters in calls:
        histories.append([*before, *start, *letters[:-1]])
        before = [*histories[-1], letters[-1]] if with_last else histories[-1]
    return histories


def fed_back(network, start):
    """Return the letters when a network reads its own probabilities after the start."""
    read = list(np.eye(network.config.input_shape[-1], dtype="float32")[start])
    letters = []
    for _ in range(LENGTH):
        [outputs] = network.run_sequences([np.reshape(read, (len(read), 1, 1, -1))])
        read.append(outputs[-1, 0, 0])
        letters.append(int(outputs[-1, 0, 0].argmax()))
    return letters
