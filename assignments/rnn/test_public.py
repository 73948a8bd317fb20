"""The public checks of the RNN homework: run them with ``pytest`` or ``autograder check rnn``."""

import numpy as np
import pytest

from autograder.checks import Call, CheckFailed, expect_array, expect_numbers, expect_pair, mean_probability
from autograder.checks.recurrent import cell_states, run_windows
from autograder.pictures import curves, heat_map

RECURRENT = ("LSTM", "GRU", "SimpleRNN")
DENSE = ("Dense", "TimeDistributed")
# One sequence, one feature, one unit: each weight is one number, for i, f, g and o.
KERNEL = np.array([[1.0, -1.0, 2.0, 0.5]])
RECURRENT_KERNEL = np.array([[0.5, 1.0, -1.0, 1.0]])
BIAS = np.array([0.0, 2.0, 0.0, -0.5])


@pytest.mark.points(2)
def test_lstm_step_example(submission):
    """lstm_step is right for one unit, where you can follow every number."""
    x, h, c = np.array([[1.0]]), np.array([[0.5]]), np.array([[2.0]])
    received = submission.call("lstm_step", x, h, c, KERNEL, RECURRENT_KERNEL, BIAS)
    new_h, new_c = expect_pair("lstm_step", received, "the new hidden state and the new cell state")
    # z = [1.25, 1.5, 1.5, 0.5]: i = σ(1.25) = 0.7773, f = σ(1.5) = 0.8176, g = tanh(1.5) = 0.9051, o = 0.6225
    hint = "c' = f * c + i * g = 0.8176 * 2 + 0.7773 * 0.9051, and h' = o * tanh(c') = 0.6225 * 0.9815."
    expect_array("the new cell state", new_c, np.array([[2.338721]]), hint=hint, reveal=True)
    expect_array("the new hidden state", new_h, np.array([[0.610985]]), hint=hint, reveal=True)


@pytest.mark.points(2)
def test_lstm_forward_example(submission):
    """lstm_forward is right for one unit and three time steps."""
    inputs = np.array([1.0, -1.0, 0.0]).reshape(1, 3, 1)
    case = Call((inputs, KERNEL, RECURRENT_KERNEL, BIAS))
    hint = "Time step t of all sequences is inputs[:, t]; inputs[t] is one sequence."
    [received] = submission.calls("lstm_forward", [case], hint=hint)
    hidden, cells = expect_pair("lstm_forward", received, "the hidden states and the cell states")
    hint = "Both states go from step to step, and the first step starts with zeros."
    expected_cells = np.array([0.704761, 0.385885, 0.281887]).reshape(1, 3, 1)
    expected_hidden = np.array([0.303690, 0.122344, 0.111698]).reshape(1, 3, 1)
    expect_array("the cell states", cells, expected_cells, hint=hint, reveal=True)
    expect_array("the hidden states", hidden, expected_hidden, hint=hint, reveal=True)


@pytest.mark.points(2)
def test_windows_example(submission):
    """make_windows cuts 0, 1, …, 7 into two windows of three; each target is the input after it."""
    received = submission.call("make_windows", np.arange(8), 3)
    inputs, targets = expect_pair("make_windows", received, "inputs and targets")
    hint = "The third window would be 6, 7 and nothing: it is dropped. The last target is 6."
    expect_array("the inputs", inputs, np.array([[0, 1, 2], [3, 4, 5]]), hint=hint, reveal=True)
    expect_array("the targets", targets, np.array([[1, 2, 3], [4, 5, 6]]), hint=hint, reveal=True)


@pytest.mark.points(2)
def test_network_shape(network):
    """build_stateful_lstm has one recurrent and one dense layer, with outputs at every time step."""
    shape = network.config.input_shape
    if shape != (3, 4, 2):
        raise CheckFailed(
            f"Expected inputs of shape (3, 4, 2): batch_size, window, features. Received: {shape}.",
            "keras.Input(batch_shape=(batch_size, window, features))",
        )
    layers = [(layer.kind, layer.output_shape) for layer in network.layers]
    found = ", ".join(f"{kind} {shape}" for kind, shape in layers)
    if not any(kind in RECURRENT and shape == (4, 5) for kind, shape in layers):
        raise CheckFailed(
            "Expected a recurrent layer (LSTM, GRU or SimpleRNN) that gives 5 units at each of 4 time steps: "
            f"(4, 5). Received: {found}.",
            hint_for_recurrent(layers),
        )
    kinds = [kind for kind, _ in layers]
    extra = [kind for kind in kinds if kind not in (*RECURRENT, *DENSE, "Softmax", "Activation")]
    if extra or any(sum(kind in group for kind in kinds) > 1 for group in (RECURRENT, DENSE)):
        raise CheckFailed(
            f"Expected one recurrent layer, then one dense layer, and nothing else. Received: {found}.",
            "Dropout, Flatten and more layers change what the network gives or remembers. The softmax may be "
            "a layer of its own.",
        )
    if network.layers[-1].output_shape != (4, 6):
        raise CheckFailed(
            f"Expected the network to give 6 outputs at each of 4 time steps: (4, 6). Received: {found}.",
            "A Dense layer after a recurrent one works on every time step.",
        )


def hint_for_recurrent(layers):
    """Return a hint for a network without the right recurrent layer, of the kinds and shapes it has."""
    if any(kind == "Bidirectional" for kind, _ in layers):
        return "A bidirectional layer reads what the network should predict, before it predicts it."
    of_recurrent = [shape for kind, shape in layers if kind in RECURRENT]
    if not of_recurrent:
        return "A layer without a state has no memory."
    if any(len(shape) == 1 for shape in of_recurrent):
        return "return_sequences=True gives the output at every time step, and not only at the last one."
    return "The argument units is the size of the recurrent layer; here it is 5."


@pytest.mark.points(2)
@pytest.mark.needs("network_shape")
@pytest.mark.calibrated(runs=3, slack=0.05, seeds="zigzag")
def test_training_learns_the_zigzag(zigzag_network, zigzag_windows, homework, calibrated, picture):
    """After train_stateful a network knows which way the zigzag goes, from the second letter on."""
    letters = homework.parameters["letters"]

    def foreseen(seed):
        windows, targets = zigzag_windows(54)
        trained = zigzag_network(seed)
        trained.expect_changed()
        model = trained.model
        outputs = run_windows(model, windows, letters)
        cells = cell_states(model, windows[:, 0, 0])
        if cells is not None:  # an LSTM
            title = "Cell states while the zigzag goes by"
            drawn = heat_map(cells[:, :64].T, title=title, x_label="letter", y_label="cell")
            picture("cells", drawn, "What each cell of the trained LSTM holds: it begins with zeros.")
        return mean_probability(outputs[1:].reshape(-1, letters), targets[1:].ravel())

    calibrated.at_least(
        "mean probability that the network gives to the letter that comes",
        foreseen,
        hint="Near 0.1 the network has learned next to nothing: is it trained for all epochs, and with a "
        "learning rate that is large enough? Without a memory of the letter before it is about 0.6 at best: "
        "does the network keep its state from window to window, in building and in training? Are the windows "
        "trained in their order?",
    )


@pytest.mark.points(1)
@pytest.mark.needs("training_learns_the_zigzag")  # made-up losses are worth nothing without a training
def test_training_returns_losses(zigzag_network, run_seed, homework, picture):
    """train_stateful returns one loss for each epoch."""
    hint = "One float for each epoch: the mean over its windows."
    returned = zigzag_network(run_seed("zigzag", 0)).returned
    losses = expect_numbers("the losses", returned, homework.parameters["zigzag_epochs"], hint=hint)
    if not losses[-1] < losses[0]:
        raise CheckFailed(
            f"Expected the loss to fall. Received: {losses[0]:.3f} first, {losses[-1]:.3f} last.",
            f"{hint} An accuracy rises.",
        )
    chart = curves({"training loss": losses}, title="Zigzag", x_label="epoch", y_label="loss")
    picture("losses", chart, "The mean loss of every epoch.")
