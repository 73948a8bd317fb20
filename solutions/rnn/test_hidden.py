"""The hidden checks of the RNN homework: the LSTM by hand, and windows."""

import json
from itertools import permutations

import numpy as np
import pytest

from autograder.checks import Call, CheckFailed, expect_array, expect_pair, expect_value

pytestmark = pytest.mark.visibility("hidden")

GATES = "ifgo"
SHAPES = (
    "Time step t of all sequences is inputs[:, t]; inputs[t] is one sequence. A state has as many columns as "
    "recurrent_kernel has rows, whatever the number of features."
)


# ---------------------------------------------------------------------------------------- the LSTM by hand


def lstm_arrays(rng, sequences, steps, features, units, dtype="float32", scale=1.0):
    """Return inputs (N, T, F), the three weights, and states h and c, of these sizes."""
    shapes = [
        *((sequences, steps, features), (features, 4 * units), (units, 4 * units), (4 * units,)),
        *((sequences, units), (sequences, units)),
    ]
    return [(scale * rng.normal(size=shape)).astype(dtype) for shape in shapes]


def sigmoid(z):
    """Return the logistic function."""
    return (1 + np.tanh(z / 2)) / 2


def wrong_steps(x, h, c, kernel, recurrent_kernel, bias):
    """Return what known mistakes make of one time step: words → new hidden state and new cell state."""
    z = x @ kernel + h @ recurrent_kernel + bias
    i, f, g, o = np.split(z, 4, axis=-1)
    right_c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    cells = {
        "what an inverted forget gate gives (1 - f in place of f)": (1 - sigmoid(f)) * c
        + sigmoid(i) * np.tanh(g),
        "what comes without the forget gate (c + i * g)": c + sigmoid(i) * np.tanh(g),
        "what comes without the old cell state (i * g only)": sigmoid(i) * np.tanh(g),
        "what comes without the input gate (f * c + g)": sigmoid(f) * c + np.tanh(g),
        "what comes when 1 - f takes the place of i, as in a GRU": sigmoid(f) * c
        + (1 - sigmoid(f)) * np.tanh(g),
        "what a candidate without its tanh gives": sigmoid(f) * c + sigmoid(i) * g,
        "what a candidate with σ in place of tanh gives": sigmoid(f) * c + sigmoid(i) * sigmoid(g),
        "what gates with tanh in place of σ give": np.tanh(f) * c + np.tanh(i) * np.tanh(g),
    }
    found = {words: (sigmoid(o) * np.tanh(cell), cell) for words, cell in cells.items()}
    found["what comes without the tanh on the cell state (o * c')"] = (sigmoid(o) * right_c, right_c)
    found["what comes with σ in place of tanh on the cell state"] = (sigmoid(o) * sigmoid(right_c), right_c)
    found["what comes without the output gate (tanh(c'))"] = (np.tanh(right_c), right_c)
    found["what the old cell state shows (o * tanh(c) in place of o * tanh(c'))"] = (
        sigmoid(o) * np.tanh(c),
        right_c,
    )
    parts = {
        "the bias": x @ kernel + h @ recurrent_kernel,
        "the input": h @ recurrent_kernel + bias,
        "the old hidden state": x @ kernel + bias,
    }
    for part, gates in parts.items():
        found[f"what comes without {part}"] = step_of_gates(gates, c)
    found["what comes with h and c swapped as inputs"] = step_of_gates(
        x @ kernel + c @ recurrent_kernel + bias, h
    )
    for order in permutations(range(4)):
        if order != (0, 1, 2, 3):
            blocks = [(i, f, g, o)[place] for place in order]
            taken = ", ".join(GATES[order.index(gate)] for gate in range(4))
            words = f"the gates in the order {taken} in place of {', '.join(GATES)}"
            found[words] = step_of_gates(np.concatenate(blocks, axis=-1), c)
    return found


def step_of_gates(z, c):
    """Return new hidden and cell state for the four blocks before their activations."""
    i, f, g, o = np.split(z, 4, axis=-1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def expect_states(where, received, expected, mistakes=None, hint="", **tolerance):
    """Expect hidden and cell states, and name a known mistake."""
    hidden, cells = expect_pair(where.partition(" ")[0], received, "hidden and cell states")
    swapped = {"the cell state: the two are swapped": expected[1]}
    of_hidden = {words: pair[0] for words, pair in (mistakes or {}).items()}
    of_cells = {words: pair[1] for words, pair in (mistakes or {}).items()}
    expect_array(
        f"the cell state of {where}",
        cells,
        expected[1],
        mistakes={"the hidden state: the two are swapped": expected[0]} | of_cells,
        hint=hint,
        **tolerance,
    )
    expect_array(
        f"the hidden state of {where}",
        hidden,
        expected[0],
        mistakes=swapped | of_hidden,
        hint=hint,
        **tolerance,
    )


@pytest.mark.points(3)
def test_lstm_step_values(submission, reference, rng):
    """lstm_step gives an LSTM's new hidden and cell state for all sizes, also of 1."""
    cases = []
    for sequences, features, units in [(2, 3, 4), (1, 1, 1), (5, 1, 3), (1, 4, 1)]:
        inputs, *weights, h, c = lstm_arrays(rng, sequences, 1, features, units)
        cases.append(Call((inputs[:, 0], h, c, *weights)))
    received = submission.calls("lstm_step", cases)
    for case, ours, theirs in zip(cases, reference.calls("lstm_step", cases), received, strict=True):
        x, h = case.args[:2]
        where = f"lstm_step for x {x.shape} and h {h.shape}"
        hint = "Go through the formulas of the handout one by one, in Keras's order of the gates: i, f, g, o."
        expect_states(where, theirs, ours, wrong_steps(*case.args), hint)


def keras_lstm(reference, inputs, kernel, recurrent_kernel, bias):
    """Return the hidden states (N, T, U) of ``keras.layers.LSTM`` with these weights."""
    dtype = inputs.dtype.name
    shape = [None, *inputs.shape[1:]]
    units = len(recurrent_kernel)
    layers = [
        ("InputLayer", {"name": "inputs", "batch_shape": shape, "dtype": dtype}),
        ("LSTM", {"name": "lstm", "units": units, "return_sequences": True, "dtype": dtype}),
    ]
    config = {
        "module": "keras",
        "class_name": "Sequential",
        "config": {
            "name": "keras_lstm",
            "layers": [
                {"module": "keras.layers", "class_name": kind, "config": options, "registered_name": None}
                for kind, options in layers
            ],
        },
    }
    exported = {"config": json.dumps(config), "weights": [kernel, recurrent_kernel, bias]}
    return reference.student_model(exported, "keras.layers.LSTM").evaluate(inputs).outputs


@pytest.mark.points(2)
@pytest.mark.needs("lstm_step_values")
def test_lstm_forward_agrees_with_keras(submission, reference, rng):
    """lstm_forward gives the hidden states of a Keras LSTM with the same weights."""
    sizes = [(2, 5, 3, 4, "float32"), (1, 1, 1, 1, "float32"), (3, 7, 1, 2, "float64")]
    cases = [Call(tuple(lstm_arrays(rng, *size)[:4])) for size in sizes]
    received = submission.calls("lstm_forward", cases, hint=SHAPES)
    for case, theirs in zip(cases, received, strict=True):
        inputs, *weights = case.args
        hidden, _ = expect_pair("lstm_forward", theirs, "the hidden states and the cell states")
        expected = keras_lstm(reference, inputs, *weights)
        forgetful = keras_lstm(reference, inputs.reshape(-1, 1, inputs.shape[2]), *weights)
        mistakes = {
            "what comes when every time step starts from zeros": forgetful.reshape(expected.shape),
            "the time steps in reverse": expected[:, ::-1],
            "what reading from the last time step to the first gives": keras_lstm(
                reference, inputs[:, ::-1], *weights
            ),
            "what reading from the last time step to the first gives, each at its place": keras_lstm(
                reference, inputs[:, ::-1], *weights
            )[:, ::-1],
            "what comes when the first axis is taken for the time": keras_lstm(
                reference, inputs.swapaxes(0, 1), *weights
            ).swapaxes(0, 1),
            "the last time step only": expected[:, -1],
            "the time in front of the sequences": expected.swapaxes(0, 1),
        }
        expect_array(
            f"the hidden states for inputs {inputs.shape}",
            hidden,
            expected,
            mistakes=mistakes,
            hint="Each time step starts with both states that the step before has left.",
        )


@pytest.mark.points(2)
@pytest.mark.needs("lstm_forward_agrees_with_keras")
def test_lstm_forward_initial_state(submission, reference, rng):
    """lstm_forward starts from the given states, from zeros without, and returns the cell states too."""
    *arrays, h, c = lstm_arrays(rng, 2, 4, 3, 5)
    given = [{"h0": h, "c0": c}, {"h0": h}, {"c0": c}, {}]
    cases = [Call(tuple(arrays), options) for options in given]
    received = submission.calls("lstm_forward", cases)
    expected = reference.calls("lstm_forward", cases)
    from_zeros, swapped = expected[3], reference.call("lstm_forward", *arrays, h0=c, c0=h)
    for options, ours, theirs in zip(given, expected, received, strict=True):
        mistakes = {"what comes from states of zeros": from_zeros} if options else {}
        if len(options) == 2:
            mistakes |= {"what comes with h0 and c0 swapped": swapped}
        names = " and ".join(options) or "no initial state"
        hint = "A missing state is zeros; one that is there is used, whether or not the other is."
        expect_states(f"lstm_forward with {names}", theirs, ours, mistakes, hint)


@pytest.mark.points(1)
@pytest.mark.needs("lstm_forward_initial_state")
def test_lstm_forward_long(submission, reference, rng):
    """lstm_forward stays right over 300 time steps and with gates that are fully open or shut."""
    arrays = lstm_arrays(rng, 2, 300, 3, 4, scale=30.0)[:4]
    received = submission.call("lstm_forward", *arrays)
    hint = (
        "exp overflows beyond 88 in single precision. Is σ written as exp(z) / (1 + exp(z))? Use sigmoid()."
    )
    # Small differences of the gates add up in the cell state.
    expect_states(
        "lstm_forward for large inputs",
        received,
        reference.call("lstm_forward", *arrays),
        hint=hint,
        relative=1e-3,
        absolute=1e-3,
    )


@pytest.mark.points(1)
@pytest.mark.needs("lstm_forward_initial_state")
def test_lstm_precision(submission, reference, rng):
    """The states have the dtype of the inputs: float32 stays float32, and float64 keeps all its digits."""
    for dtype, digits in (("float32", 1e-4), ("float64", 1e-12)):
        arrays = lstm_arrays(rng, 2, 6, 3, 4, dtype)[:4]
        received = submission.call("lstm_forward", *arrays)
        hidden, cells = expect_pair("lstm_forward", received, "the hidden states and the cell states")
        for name, values in (("hidden", hidden), ("cell", cells)):
            kind = getattr(values, "dtype", None)
            expect_value(
                f"the dtype of the {name} states for {dtype} inputs",
                str(kind),
                dtype,
                reveal=True,
                hint="np.zeros makes float64 unless it is told another dtype."
                if dtype == "float32"
                else "Is something made float32 on the way?",
            )
        expected = reference.call("lstm_forward", *arrays)
        hint = "Is something rounded to single precision on the way?"
        expect_states(
            f"lstm_forward in {dtype}", received, expected, hint=hint, relative=digits, absolute=digits
        )


# ----------------------------------------------------------------------------------------------- windows


def cut(sequence, first, count, window):
    """Return so many windows from an element on."""
    return sequence[first : first + count * window].reshape(count, window, *sequence.shape[1:])


def wrong_windows(sequence, window):
    """Return what known mistakes make of a sequence: words → inputs and targets."""
    count = (len(sequence) - 1) // window
    inputs = cut(sequence, 0, count, window)
    found = {
        "windows that overlap: each starts one element after the one before": (
            np.stack([sequence[s : s + window] for s in range(len(sequence) - window)]),
            np.stack([sequence[s + 1 : s + window + 1] for s in range(len(sequence) - window)]),
        ),
        "targets that are the inputs themselves": (inputs, inputs),
        "one target for each window, and not one for each step": (inputs, sequence[window::window][:count]),
        "inputs and targets swapped": (cut(sequence, 1, count, window), inputs),
    }
    if count > 1:
        shorter = cut(sequence, 0, count - 1, window)
        found["one window too few"] = shorter, cut(sequence, 1, count - 1, window)
    for words, shift in (("two steps", 2), ("a whole window", window)):
        fewer = (len(sequence) - shift) // window
        if fewer and shift > 1:
            pair = cut(sequence, 0, fewer, window), cut(sequence, shift, fewer, window)
            found[f"targets {words} ahead"] = pair
    if missing := -(len(sequence) - 1) % window:
        zeros = np.zeros((missing, *sequence.shape[1:]), sequence.dtype)
        found["one window too many, filled up with zeros"] = tuple(
            np.concatenate([part, zeros]).reshape(-1, window, *sequence.shape[1:])
            for part in (sequence[:-1], sequence[1:])
        )
    return found


@pytest.mark.points(2)
def test_windows_shift(submission, rng):
    """In make_windows each target is the element after its input, whatever the sizes and the elements."""
    sequences = [
        (rng.integers(0, 50, size=13), 4),
        (rng.integers(0, 50, size=12), 4),
        (rng.normal(size=9).astype("float32"), 1),
        (rng.normal(size=(11, 3)).astype("float32"), 5),
        (rng.integers(0, 50, size=(9, 2)), 8),
    ]
    hint = (
        "targets[s, t] is the element after inputs[s, t]. There are as many windows as have all their inputs "
        "and all their targets; the rest is dropped."
    )
    cases = [Call(case) for case in sequences]
    of_arrays = "An element may be an array: sequence.shape[1:] belongs to the shape of the windows."
    received = submission.calls("make_windows", cases, hint=of_arrays)
    for (sequence, window), returned in zip(sequences, received, strict=True):
        inputs, targets = expect_pair("make_windows", returned, "inputs and targets")
        where = f"{len(sequence)} elements in windows of {window}"
        count = (len(sequence) - 1) // window
        right = cut(sequence, 0, count, window), cut(sequence, 1, count, window)
        if not (same(inputs, right[0]) and same(targets, right[1])):
            for mistake, wrong in wrong_windows(sequence, window).items():
                if same(inputs, wrong[0]) and same(targets, wrong[1]):
                    raise CheckFailed(
                        f"Expected the reference's inputs and targets for {where}. Received: {mistake}.", hint
                    )
        for name, values, expected in zip(("inputs", "targets"), (inputs, targets), right, strict=True):
            expect_array(f"the {name} for {where}", values, expected, hint=hint)
            dtype = str(sequence.dtype)
            expect_value(f"the dtype of the {name} for {where}", str(values.dtype), dtype, reveal=True)


def same(received, array):
    """Return whether what was received is this array."""
    return isinstance(received, np.ndarray) and received.shape == array.shape and (received == array).all()
