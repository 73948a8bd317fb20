"""The hidden checks of the RNN homework: order and state in training, and what a network learns."""

import numpy as np
import pytest

from autograder.checks import (
    CheckFailed,
    cross_entropy,
    expect_letters,
    expect_numbers,
    run_windows,
    run_windows_alone,
    strong_weights,
)

pytestmark = pytest.mark.visibility("hidden")

SIZES = (16, 3, 3, 8, 6)  # of the networks that are trained for an epoch or two: B, T, F, units, outputs
WINDOWS = 4


class PossibleLosses:
    """The loss of one short epoch, for each way in which a network may be trained.

    The network has very large weights, so that a few steps of an optimizer are next to nothing, and its loss
    tells in which order and from which state it saw the windows. Of three such networks it is the one for
    which wrong ways differ most from the right one. With learning rates up to 0.03 a right loss then stays
    within a third of the distance that is allowed (measured for the three kinds of layers).

    Args:
        network: the student's, of any weights.
        seed: of windows and weights. Every student has others, so nobody can know the losses.
    """

    def __init__(self, network, seed):
        rng = np.random.default_rng(seed)
        self.before, self.windows = rng.normal(size=(2, WINDOWS, *SIZES[:3])).astype("float32")
        self.gap = -1.0
        for _ in range(3):
            weights = strong_weights(network.weights, rng, scale=100.0, readout=1.5)
            losses, targets = self._losses(network.with_weights(weights), rng)
            gap = min(abs(loss - losses["right"]) for way, loss in losses.items() if way != "right")
            if gap > self.gap:
                self.weights, self.targets, self.losses, self.gap = weights, targets, losses, gap

    def _losses(self, network, rng):
        """Return the loss for each way to train, and the targets (S, B, T)."""
        windows, rows = self.windows, len(self.windows) * len(self.windows[0])
        orders = [np.arange(rows).reshape(SIZES[0], WINDOWS).T.ravel()]  # all of the first sequence, then …
        orders += [rng.permutation(rows) for _ in range(3)]
        orders += [np.arange(rows).reshape(WINDOWS, -1)[rng.permutation(WINDOWS)].ravel() for _ in range(2)]
        right, after_others, twice, *others = network.run_sequences(
            [
                windows,
                np.concatenate([self.before, windows]),
                np.concatenate([windows, windows]),
                *(reordered(windows, order) for order in orders),
            ]
        )
        # Mostly what the network says itself: its loss is small as long as it is in the right state.
        targets = right.argmax(axis=-1)
        targets = np.where(
            rng.random(targets.shape) < 0.15, rng.integers(0, SIZES[-1], targets.shape), targets
        )
        losses = {
            "right": mean_loss(right, targets),
            "state of before": mean_loss(after_others[WINDOWS:], targets),
            "state of the first epoch": mean_loss(twice[WINDOWS:], targets),
            "alone": mean_loss(run_windows_alone(network, windows), targets),
        }
        for number, (outputs, order) in enumerate(zip(others, orders, strict=True)):
            losses[f"other order {number}"] = mean_loss(outputs, reordered(targets, order))
        return losses, targets.astype("int32")

    def is_right(self, loss):
        """Return whether a loss is the right one, up to a few steps of an optimizer."""
        return abs(loss - self.losses["right"]) < self.gap / 2

    def is_of_windows_alone(self, loss):
        """Return whether a wrong loss is rather that of windows alone than that of another order."""
        ways = [way for way in self.losses if way == "alone" or way.startswith("other order")]
        return min(ways, key=lambda way: abs(loss - self.losses[way])) == "alone"


def reordered(windows, order):
    """Return windows (S, B, ...) with all their rows in another order."""
    return np.concatenate(windows)[order].reshape(windows.shape)


def mean_loss(probabilities, targets):
    """Return the mean cross-entropy over all steps."""
    return cross_entropy(probabilities.reshape(-1, probabilities.shape[-1]), targets.ravel())


@pytest.fixture
def possible_losses(submission, run_seed):
    """The losses that the student's network may have."""
    script = submission.script()
    network = script.export(script.call("build_stateful_lstm", *SIZES)).value
    return PossibleLosses(network, run_seed("order", 0))


@pytest.fixture
def short_trainings(submission, possible_losses):
    """Two short trainings: of a new network for two epochs, and of a used one for one epoch.

    What the second one was used for is `predict_stateful`, where that is written already.
    """
    script = submission.script(training=True)
    new, used = (script.call("build_stateful_lstm", *SIZES) for _ in range(2))
    for network in (new, used):
        script.set_weights(network, possible_losses.weights)
    data = possible_losses.windows, possible_losses.targets
    of_new = script.call("train_stateful", new, *data, epochs=2)
    trained = script.export(new)
    script.call("predict_stateful", used, possible_losses.before)
    of_used = script.call("train_stateful", used, *data, epochs=1)
    return of_new, trained, of_used


def losses_of(step, epochs):
    """Return what train_stateful returned, if it is one loss for each epoch."""
    hint = "One float for each epoch: the mean over its windows."
    return expect_numbers(f"what train_stateful(…, epochs={epochs}) returns", step.value, epochs, hint=hint)


@pytest.mark.points(2)
@pytest.mark.needs("network_remembers", "network_gives_probabilities")
def test_training_keeps_the_order(short_trainings, possible_losses):
    """train_stateful goes through the windows in their order, and keeps the state from one to the next."""
    of_new, trained, _ = short_trainings
    loss = losses_of(of_new, 2)[0]
    if any(
        np.array_equal(*pair) for pair in zip(trained.value.weights, possible_losses.weights, strict=True)
    ):
        raise CheckFailed(
            "Expected a training to change all weights. Received: some that are as they were.",
            "Is every layer trainable? Is it the given network that is trained, and not a copy?",
        )
    if not possible_losses.is_right(loss):
        alone = possible_losses.is_of_windows_alone(loss)
        received = (
            "a loss that comes when the state is reset before every window"
            if alone
            else "a loss that comes when windows, or the rows in them, are in another order"
        )
        hint = (
            "The state is reset before an epoch, and never within it."
            if alone
            else "fit shuffles unless shuffle=False; np.concatenate(windows) keeps a window's rows together."
        )
        raise CheckFailed(
            "Expected the first epoch's loss to be that of the windows in their order, the state carried "
            f"over. Received: {received}.",
            hint,
        )


@pytest.mark.points(2)
@pytest.mark.needs("training_keeps_the_order")
def test_training_resets_the_state(short_trainings, possible_losses):
    """train_stateful starts every epoch, the first one too, from a state of zeros."""
    of_new, _, of_used = short_trainings
    if not possible_losses.is_right(losses_of(of_new, 2)[1]):
        raise CheckFailed(
            "Expected the second epoch to start from a state of zeros. "
            "Received: a loss that comes from the state the first epoch left.",
            "Reset the state before every epoch. With fit: one call for each epoch, or a callback.",
        )
    if not possible_losses.is_right(losses_of(of_used, 1)[0]):
        raise CheckFailed(
            "Expected the first epoch to start from a state of zeros. "
            "Received: a loss that comes from the state the network had before the training.",
            "Reset the state before the first epoch as well.",
        )


@pytest.mark.points(2)
@pytest.mark.needs("generate_follows_the_network", "training_resets_the_state")
@pytest.mark.calibrated(runs=3, slack=0.05, seeds="zigzag")
def test_generate_continues_the_zigzag(submission, zigzag_network, zigzag, homework, calibrated):
    """A trained network goes on with the zigzag from every letter between its ends, in both directions."""
    letters, units, length = homework.parameters["letters"], homework.parameters["zigzag_units"], 9
    # Starts are two letters; the second one lies between the ends, and the first one says which way it goes.
    positions = [position for position in range(2 * letters - 2) if (position + 1) % (letters - 1)]

    def continued(seed):
        trained = zigzag_network(seed).model
        script = submission.script(training=True)  # as long as a training where model.predict is used
        network = script.call("build_stateful_lstm", 1, 1, letters, units, letters)
        script.set_weights(network, trained.weights)
        starts = [zigzag(position, 2).tolist() for position in positions]
        steps = [script.call("generate", network, start, length) for start in starts]
        received = [expect_letters(step.value, length, letters) for step in steps]
        right = [zigzag(position + 2, length).tolist() for position in positions]
        return float(np.mean(np.array(received) == np.array(right)))

    calibrated.at_least(
        "share of letters that continue the zigzag",
        continued,
        hint="The network has to know from two letters which way it goes, and to turn at the ends.",
    )


def flip_flop(rng, windows, sequences, steps, inputs):
    """Return windows (S, B, T, K), one-hot or all zeros, and targets (S, B, T): which input was the last.

    Every sequence begins with a pulse. Later ones are rare: 12 % of the steps have one.
    """
    fires = rng.random((sequences, windows * steps)) < 0.12
    fires[:, 0] = True
    which = rng.integers(0, inputs, size=fires.shape)
    last = np.maximum.accumulate(np.where(fires, np.arange(fires.shape[1]), 0), axis=1)
    pulses = np.eye(inputs, dtype="float32")[which] * fires[..., np.newaxis].astype("float32")
    targets = np.take_along_axis(which, last, axis=1)
    return (
        pulses.reshape(sequences, windows, steps, inputs).swapaxes(0, 1),
        targets.reshape(sequences, windows, steps).swapaxes(0, 1),
    )


@pytest.mark.points(3)
@pytest.mark.needs("network_shape")
@pytest.mark.calibrated(runs=3, slack=0.02, seeds="flip_flop")
def test_training_learns_the_flip_flop(train, run_seed, homework, calibrated):
    """After train_stateful a network remembers which input fired last, over windows in which none does."""
    sizes = homework.parameters
    inputs = sizes["flip_flop_inputs"]
    shape = [sizes[f"flip_flop_{name}"] for name in ("windows", "sequences", "window", "inputs")]
    names = np.random.default_rng(run_seed("names", 0)).permutation(inputs).astype("int32")

    def remembered(seed):
        rng = np.random.default_rng(seed)
        windows, targets = flip_flop(rng, *shape)
        trained = train(
            seed,
            windows,
            names[targets],
            units=sizes["flip_flop_units"],
            outputs=inputs,
            epochs=sizes["flip_flop_epochs"],
        )
        windows, targets = flip_flop(rng, *shape)
        outputs = run_windows(trained.model, windows, inputs)
        # Only where nothing has fired yet in the window: there the answer can only be in the state.
        silent = ~np.logical_or.accumulate(windows.any(axis=-1), axis=2)
        return float(np.mean(outputs.argmax(axis=-1)[silent] == names[targets][silent]))

    calibrated.at_least(
        "share of steps at which a pulse of an earlier window is remembered",
        remembered,
        hint="Without a state that goes from window to window, 0.25 are right by luck. Is it kept within an "
        "epoch? Are the windows trained in their order, each row in the sequence it belongs to?",
    )
