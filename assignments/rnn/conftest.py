"""What several checks of the RNN homework use: the same jobs, so each runs once."""

import numpy as np
import pytest

from autograder.checks import Build, TrainedModel

SIZES = {"batch_size": 3, "window": 4, "features": 2, "units": 5, "outputs": 6}
SMALL = {"batch_size": 1, "window": 1, "features": 7, "units": 6, "outputs": 7}


@pytest.fixture
def networks(submission):
    """Three networks: of some sizes; of the same sizes with windows three times as long; for letters."""
    sizes = [SIZES, SIZES | {"window": 12}, SMALL]
    return submission.build("build_stateful_lstm", [Build(each) for each in sizes])


@pytest.fixture
def network(networks):
    """The first of these networks."""
    return networks[0].model


@pytest.fixture
def zigzag(run_seed, homework):
    """A function from a position and a length to letters of the zigzag; each student has an own alphabet."""
    alphabet = np.random.default_rng(run_seed("alphabet", 0)).permutation(homework.parameters["letters"])
    there_and_back = np.concatenate([alphabet, alphabet[-2:0:-1]])
    return lambda position, length: there_and_back[(position + np.arange(length)) % len(there_and_back)]


@pytest.fixture
def zigzag_windows(zigzag, homework):
    """A function from S to windows (S, B, 1, letters) and targets (S, B, 1).

    There are B sequences, one from each position. Each window is one letter, so whatever a network knows of
    the letters before is in its state.
    """
    letters = homework.parameters["letters"]

    def windows(count):
        sequences = np.stack([zigzag(position, count + 1) for position in range(2 * letters - 2)], axis=1)
        one_hot = np.eye(letters, dtype="float32")[sequences[:-1]]
        return one_hot[:, :, np.newaxis], sequences[1:, :, np.newaxis].astype("int32")

    return windows


@pytest.fixture
def train(submission):
    """A function that builds a network and trains it; the seed decides the weights it starts with."""

    def run(seed, windows, targets, *, units, outputs, epochs):
        script = submission.script(seed=seed, training=True)
        _, batch_size, window, features = windows.shape
        network = script.call("build_stateful_lstm", batch_size, window, features, units, outputs)
        built = script.export(network)
        losses = script.call("train_stateful", network, windows, targets, epochs=epochs)
        return TrainedModel(script.export(network).value, losses, built)

    return run


@pytest.fixture
def zigzag_network(train, zigzag_windows, homework):
    """A function from a seed to the network after training on the zigzag, with the handout's numbers."""

    def run(seed):
        sizes = homework.parameters
        windows, targets = zigzag_windows(sizes["zigzag_windows"])
        return train(
            seed,
            windows,
            targets,
            units=sizes["zigzag_units"],
            outputs=sizes["letters"],
            epochs=sizes["zigzag_epochs"],
        )

    return run
