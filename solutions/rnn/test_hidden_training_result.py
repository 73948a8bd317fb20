"""The hidden checks of the RNN homework: what a training has to reach."""

import numpy as np
import pytest
from letters import expect_letters

from autograder.checks.recurrent import cell_states, run_windows
from autograder.pictures import heat_map

pytestmark = pytest.mark.visibility("hidden")


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


def show_memory(model, pulses, picture):
    """Attach the pulses (T, K) of one sequence, and what the cells of an LSTM hold meanwhile."""
    cells = cell_states(model, pulses)
    if cells is not None:
        title, labels = "Pulses that a sequence brings", {"x_label": "step", "y_label": "input"}
        picture("pulses", heat_map(pulses.T, title=title, **labels), "Which input fires, and when.")
        title, labels = "Cell states meanwhile", {"x_label": "step", "y_label": "cell"}
        drawn = heat_map(cells[:, :64].T, title=title, **labels)
        picture("memory", drawn, "What each cell of the trained LSTM holds between the pulses.")


@pytest.mark.points(3)
@pytest.mark.needs("network_shape")
@pytest.mark.calibrated(runs=3, slack=0.02, seeds="flip_flop")
def test_training_learns_the_flip_flop(train, run_seed, homework, calibrated, picture):
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
        trained.expect_changed()
        windows, targets = flip_flop(rng, *shape)
        outputs = run_windows(trained.model, windows, inputs)
        show_memory(trained.model, windows[:, 0].reshape(-1, inputs)[:100], picture)
        # Only where nothing has fired yet in the window: there the answer can only be in the state.
        silent = ~np.logical_or.accumulate(windows.any(axis=-1), axis=2)
        return float(np.mean(outputs.argmax(axis=-1)[silent] == names[targets][silent]))

    calibrated.at_least(
        "share of steps at which a pulse of an earlier window is remembered",
        remembered,
        hint="Near 0.25 it is luck: there is no state that goes from window to window, or it was hardly "
        "trained. Is the state kept within an epoch? Are the windows trained in their order, each row in the "
        "sequence it belongs to? For all epochs, with a learning rate that is large enough?",
    )
