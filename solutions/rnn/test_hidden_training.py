"""The hidden checks of the RNN homework: order and state in training."""

import numpy as np
import pytest

from autograder.checks import CheckFailed, cross_entropy, expect_numbers
from autograder.checks.recurrent import strong_weights

pytestmark = pytest.mark.visibility("hidden")

SIZES = (16, 3, 3, 8, 6)  # of the networks that are trained for an epoch or two: B, T, F, units, outputs
WINDOWS = 4
BEFORE = "that comes from the state the network had before the training"
FIRST_EPOCH = "that comes from the state the first epoch left"
ALONE = "that comes when the state is reset before every window"
ORDER = "that comes when windows, or the rows in them, are in another order"
BY_SEQUENCE = "that comes when rows are taken sequence by sequence, and not window by window"
ANOTHER = "that no known mistake explains"
HINTS = {
    BEFORE: "Reset the state before the first epoch as well.",
    FIRST_EPOCH: "Reset the state before every epoch. With fit: one call for each epoch, or a callback.",
    ALONE: "The state is reset before an epoch, and never within it.",
    ORDER: "fit shuffles unless shuffle=False; np.concatenate(windows) keeps a window's rows together.",
    BY_SEQUENCE: "np.concatenate(windows) keeps a window's rows together.",
    ANOTHER: "Is it the cross-entropy, its mean over all windows? Are the rows of a window trained together?",
}


class PossibleLosses:
    """The loss of one short epoch, for the right way to train a network and for wrong ones.

    The network has very large weights, so that a few steps of an optimizer are next to nothing, and its loss
    tells in which order and from which state it saw the windows. Of three such networks it is the one for
    which wrong ways differ most from the right one; the smallest of these differences is the gap. How much
    of the gap the steps of an optimizer take is measured by benchmarks/rnn_losses.py.

    Args:
        network: the student's, of any weights.
        seed: of windows and weights. Every student has others, so nobody can know the losses.
    """

    TOLERANCE = 0.35  # of the gap, where the order is judged
    NEARER = 0.5  # of the way from the right loss to that of a wrong state, where only the state is judged

    def __init__(self, network, seed):
        rng = np.random.default_rng(seed)
        self.before, self.windows = rng.normal(size=(2, WINDOWS, *SIZES[:3])).astype("float32")
        self.gap = -1.0
        for _ in range(3):
            weights = strong_weights(network.weights, rng, scale=100.0, readout=1.5)
            right, ways, orders, targets = self._losses(network.with_weights(weights), rng)
            gap = min(abs(loss - right) for loss in (*ways.values(), *orders))
            if gap > self.gap:
                self.weights, self.targets, self.gap = weights, targets, gap
                self.right, self.ways, self.orders = right, ways, orders

    def _losses(self, network, rng):
        """Return the right loss, that of each wrong way, those of wrong orders, and the targets (S, B, T)."""
        windows, rows = self.windows, np.arange(WINDOWS * SIZES[0]).reshape(WINDOWS, -1)
        by_sequence = rows.ravel().reshape(SIZES[0], WINDOWS).T.ravel()  # all of the first one, then …
        orders = [by_sequence, rows[::-1].ravel(), np.roll(rows, 1, axis=0).ravel()]
        orders += [rng.permutation(rows.ravel()) for _ in range(6)]
        # One job for all of them.
        right, after_others, twice, *others = network.run_sequences(
            [
                windows,
                np.concatenate([self.before, windows]),
                np.concatenate([windows, windows]),
                *(reordered(windows, order) for order in orders),
                *windows[:, np.newaxis],
            ]
        )
        alone = np.concatenate(others[len(orders) :])
        targets = self._targets(right, rng)
        of_windows = [mean_loss(*pair) for pair in zip(right, targets, strict=True)]
        of_right_class = np.take_along_axis(right, targets[..., np.newaxis], axis=-1)
        ways = {
            BEFORE: mean_loss(after_others[WINDOWS:], targets),
            FIRST_EPOCH: mean_loss(twice[WINDOWS:], targets),
            ALONE: mean_loss(alone, targets),
            "that is the accuracy": np.mean(right.argmax(axis=-1) == targets),
            "that is the sum over the windows": np.sum(of_windows),
            "of the first window only": of_windows[0],
            "of the last window only": of_windows[-1],
            "without the last window": np.mean(of_windows[:-1]),
            "that is the mean squared error": np.mean(np.square(right - np.eye(SIZES[-1])[targets])),
            "that is the mean of 1 - probability": 1 - np.mean(of_right_class),
            "of the targets of the next window": mean_loss(right[:-1], targets[1:]),
        }
        of_orders = [
            mean_loss(outputs, reordered(targets, order))
            for outputs, order in zip(others[: len(orders)], orders, strict=True)
        ]
        ways[BY_SEQUENCE] = of_orders[0]
        return float(np.mean(of_windows)), ways, of_orders, targets

    @staticmethod
    def _targets(right, rng):
        """Return mostly what the network says itself, so that its loss is small in the right state.

        In the first window most are others, in the last window none: no window's loss is like the mean.
        """
        others = rng.random(right.shape[:-1]) < np.linspace(0.8, 0, WINDOWS)[:, np.newaxis, np.newaxis]
        drawn = rng.integers(0, right.shape[-1], right.shape[:-1])
        return np.where(others, drawn, right.argmax(axis=-1)).astype("int32")

    def is_right(self, loss):
        """Return whether a loss is the right one, up to a few steps of an optimizer."""
        return abs(loss - self.right) < self.TOLERANCE * self.gap

    def of_second_epoch(self, trained):
        """Return the losses of a second epoch from zeros, and from the state the first one left.

        The steps of a first epoch move the network, and with weights as large as these its losses may rise.
        So they are those of the network in the middle of the second epoch, after three quarters of the
        training.

        Args:
            trained: the network after two epochs.
        """
        pairs = zip(self.weights, trained.weights, strict=True)
        middle = trained.with_weights([before + 0.75 * (after - before) for before, after in pairs])
        right, twice = middle.run_sequences([self.windows, np.concatenate([self.windows, self.windows])])
        return mean_loss(right, self.targets), mean_loss(twice[WINDOWS:], self.targets)

    def is_of_an_order(self, loss):
        """Return whether a loss is about that of some wrong order; there are many, and they fill a range."""
        room = self.TOLERANCE * self.gap
        return min(self.orders) - room < loss < max(self.orders) + room


def way_of(losses, networks):
    """Return the words for the wrong way that explains two losses, one of each network.

    Args:
        losses: those of a first epoch.
        networks: the `PossibleLosses` for each.
    """

    def distance(words):
        pairs = zip(losses, networks, strict=True)
        return max(abs(loss - possible.ways[words]) / possible.gap for loss, possible in pairs)

    words = min(networks[0].ways, key=distance)
    of_orders = any(each.is_of_an_order(loss) for loss, each in zip(losses, networks, strict=True))
    # Where a random order may have any loss, only a near one is that of a known way.
    if distance(words) < PossibleLosses.TOLERANCE / (2 if of_orders else 1):
        return words
    return ORDER if of_orders else ANOTHER


def reordered(windows, order):
    """Return windows (S, B, ...) with all their rows in another order."""
    return np.concatenate(windows)[order].reshape(windows.shape)


def mean_loss(probabilities, targets):
    """Return the mean cross-entropy over all steps."""
    return cross_entropy(probabilities.reshape(-1, probabilities.shape[-1]), targets.ravel())


@pytest.fixture
def possible_losses(submission, run_seed):
    """The losses that the student's network may have, for two sets of windows and weights.

    With one set a random order of windows would be the right one in 1 of 24 cases.
    """
    script = submission.script()
    network = script.export(script.call("build_stateful_lstm", *SIZES)).value
    return [PossibleLosses(network, run_seed("order", number)) for number in range(2)]


@pytest.fixture
def short_trainings(submission, possible_losses):
    """Three short trainings: of a new network for two epochs, of another for one, and of a used one for one.

    What the last one was used for is `predict_stateful`, where that is written already.
    """
    script = submission.script(training=True)
    sets = [possible_losses[0], possible_losses[1], possible_losses[0]]
    networks = [script.call("build_stateful_lstm", *SIZES) for _ in sets]
    for network, each in zip(networks, sets, strict=True):
        script.set_weights(network, each.weights)
    new, other, used = networks
    of_new = script.call("train_stateful", new, sets[0].windows, sets[0].targets, epochs=2)
    trained = script.export(new)
    of_other = script.call("train_stateful", other, sets[1].windows, sets[1].targets, epochs=1)
    script.call("predict_stateful", used, sets[0].before)
    of_used = script.call("train_stateful", used, sets[0].windows, sets[0].targets, epochs=1)
    return trained, of_new, of_other, of_used


def losses_of(step, epochs):
    """Return what train_stateful returned, if it is one loss for each epoch."""
    hint = "One float for each epoch: the mean over its windows."
    return expect_numbers(f"what train_stateful(…, epochs={epochs}) returns", step.value, epochs, hint=hint)


@pytest.mark.points(2)
@pytest.mark.needs("network_remembers", "network_gives_probabilities")
def test_training_keeps_the_order(short_trainings, possible_losses):
    """train_stateful goes through the windows in their order, and keeps the state from one to the next."""
    trained, of_new, of_other, _ = short_trainings
    losses = losses_of(of_new, 2)[0], losses_of(of_other, 1)[0]
    given = possible_losses[0].weights
    kept = [np.array_equal(*pair) for pair in zip(trained.value.weights, given, strict=True)]
    if any(kept):
        raise CheckFailed(
            "Expected a training to change all weights of the network. Received: "
            + ("a network as it was." if all(kept) else "some that are as they were."),
            "It is the given network that has to be trained, and not a copy."
            if all(kept)
            else "Is every layer trainable?",
        )
    if not all(each.is_right(loss) for each, loss in zip(possible_losses, losses, strict=True)):
        way = way_of(losses, possible_losses)
        raise CheckFailed(
            "Expected the first epoch's loss to be the mean cross-entropy of the windows in their order, the "
            f"state carried over. Received: a loss {way}.",
            HINTS.get(way, "It is the mean of the cross-entropy over all windows, as `fit` gives it."),
        )


@pytest.mark.points(2)
@pytest.mark.needs("training_keeps_the_order")
def test_training_resets_the_state(short_trainings, possible_losses):
    """train_stateful starts every epoch, the first one too, from a state of zeros."""
    trained, of_new, _, of_used = short_trainings
    possible = possible_losses[0]
    second = possible.of_second_epoch(trained.value)
    epochs = [
        ("second", losses_of(of_new, 2)[1], *second, FIRST_EPOCH),
        ("first", losses_of(of_used, 1)[0], possible.right, possible.ways[BEFORE], BEFORE),
    ]
    for epoch, loss, right, wrong, state in epochs:
        if not (loss - right) / (wrong - right) < PossibleLosses.NEARER:
            raise CheckFailed(
                f"Expected the {epoch} epoch to start from a state of zeros. Received: a loss {state}.",
                HINTS[state],
            )
