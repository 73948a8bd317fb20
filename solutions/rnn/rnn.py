"""Recurrent neural networks: an LSTM by hand in numpy, then networks that remember, with Keras's layers.

A batch of sequences is an array of shape (N, T, F): N sequences, T time steps, F features.
"""

import keras
import numpy as np


def sigmoid(z: np.ndarray) -> np.ndarray:
    """Return σ(z) = 1 / (1 + exp(-z)), written so that it never overflows. Ready to use."""
    return (1 + np.tanh(z / 2)) / 2


def reset_state(model: keras.Model) -> None:
    """Set the state of every recurrent layer of a network to zeros. Ready to use."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.RNN):
            layer.reset_states()


def lstm_step(
    x: np.ndarray,
    h: np.ndarray,
    c: np.ndarray,
    kernel: np.ndarray,
    recurrent_kernel: np.ndarray,
    bias: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Take an LSTM one time step further, as ``keras.layers.LSTM`` does.

        z = x · kernel + h · recurrent_kernel + bias     four blocks of U columns: z_i, z_f, z_g, z_o
        i, f, o = σ(z_i), σ(z_f), σ(z_o)                 input, forget and output gate, all in (0, 1)
        g = tanh(z_g)                                    the candidate for the cell state
        c' = f * c + i * g                               keep some of the old, take in some of the new
        h' = o * tanh(c')                                show some of it

    The blocks stand in Keras's order, which is the one above. A product without a dot is taken number by
    number.

    Hint: all four blocks need the same two matrix products, so compute them once and split the result. For
    σ there is `sigmoid`.

    Args:
        x: (N, F), the input of this time step.
        h: (N, U), the hidden state, which is also the output, after the time step before.
        c: (N, U), the cell state after the time step before.
        kernel: (F, 4 U).
        recurrent_kernel: (U, 4 U).
        bias: (4 U,).

    Returns:
        The new hidden state and the new cell state, in this order, each (N, U) with the dtype of the
        inputs.
    """
    ### BEGIN SOLUTION
    z = x @ kernel + h @ recurrent_kernel + bias
    i, f, g, o = np.split(z, 4, axis=-1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    h = sigmoid(o) * np.tanh(c)
    return h, c
    ### END SOLUTION


def lstm_forward(
    inputs: np.ndarray,
    kernel: np.ndarray,
    recurrent_kernel: np.ndarray,
    bias: np.ndarray,
    h0: np.ndarray | None = None,
    c0: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Run an LSTM over whole sequences, with `lstm_step` for each time step.

    Hint: ``inputs[:, t]`` is what all sequences have at time t. Collect both states in lists, and stack
    them along the time axis at the end.

    Args:
        inputs: (N, T, F).
        kernel: (F, 4 U).
        recurrent_kernel: (U, 4 U).
        bias: (4 U,).
        h0: (N, U), the hidden state before the first time step; None means zeros.
        c0: (N, U), the cell state before the first time step; None means zeros.

    Returns:
        The hidden states and the cell states after every time step, each (N, T, U) with the dtype of the
        inputs.
    """
    ### BEGIN SOLUTION
    zeros = np.zeros((len(inputs), len(recurrent_kernel)), dtype=inputs.dtype)
    h = zeros if h0 is None else h0
    c = zeros if c0 is None else c0
    hidden_states, cell_states = [], []
    for t in range(inputs.shape[1]):
        h, c = lstm_step(inputs[:, t], h, c, kernel, recurrent_kernel, bias)
        hidden_states.append(h)
        cell_states.append(c)
    return np.stack(hidden_states, axis=1), np.stack(cell_states, axis=1)
    ### END SOLUTION


def make_windows(sequence: np.ndarray, window: int) -> tuple[np.ndarray, np.ndarray]:
    """Cut a sequence into windows that touch, with the targets of a network that predicts what comes next.

        inputs[s, t] = sequence[window * s + t]
        targets[s, t] = sequence[window * s + t + 1]

    Windows do not overlap: a network that keeps its state from one to the next sees every element once and
    in order. There are as many as have all their inputs and targets; what is left at the end is dropped.

    Hint: the last target of the last window is the last element that is used. How many windows of 3 does
    that leave for 10 elements? And for 9? Then it is two slices and two reshapes.

    Args:
        sequence: (L, ...), at least ``window + 1`` elements; each may be a number or an array.
        window: time steps in a window.

    Returns:
        Inputs and targets, each (S, window, ...) with the dtype of ``sequence``.
    """
    ### BEGIN SOLUTION
    count = (len(sequence) - 1) // window
    shape = (count, window, *sequence.shape[1:])
    return sequence[: count * window].reshape(shape), sequence[1 : count * window + 1].reshape(shape)
    ### END SOLUTION


def build_stateful_lstm(batch_size: int, window: int, features: int, units: int, outputs: int) -> keras.Model:
    """Build a network that remembers: a stateful recurrent layer, then a dense layer at every time step.

    The recurrent layer keeps its state from one call of the network to the next, until the state is reset,
    and gives its output at every time step. It may be an LSTM, a GRU or a SimpleRNN. Use Keras's built-in
    layers only.

    Hint: a stateful layer keeps one state for each sequence of the batch, so the size of the batch has to
    be known from the start: give ``keras.Input`` a ``batch_shape`` in place of a ``shape``.

    Args:
        batch_size: sequences that run side by side.
        window: time steps in one call.
        features: numbers at each time step of the input.
        units: size of the recurrent layer's output at each time step.
        outputs: classes to choose from at each time step.

    Returns:
        A ``keras.Model`` that maps inputs (batch_size, window, features) to probabilities (batch_size,
        window, outputs).
    """
    ### BEGIN SOLUTION
    return keras.Sequential(
        [
            keras.Input(batch_shape=(batch_size, window, features)),
            keras.layers.LSTM(units, return_sequences=True, stateful=True),
            keras.layers.Dense(outputs, activation="softmax"),
        ]
    )
    ### END SOLUTION


def train_stateful(
    model: keras.Model, windows: np.ndarray, targets: np.ndarray, *, epochs: int
) -> list[float]:
    """Train a stateful network in place, on windows in their order.

    Row b of one window is the continuation of row b of the window before, so the state has to carry over
    from window to window. Every epoch starts at the beginning of the sequences again, where nothing has
    happened yet: the state has to be reset before it, and at no other time.

    It minimises the cross-entropy, the mean of -log(probability that the model gives to the right class).
    The optimizer takes one step after each window, S in every epoch.

    Hint: `reset_state` sets the state to zeros. ``fit`` wants the S windows of B rows as one array of S * B
    rows; which ``batch_size`` cuts it into your windows again? And what does ``fit`` do with the order of
    the rows unless you tell it not to?

    Args:
        model: as `build_stateful_lstm` returns it, for B sequences and windows of T steps.
        windows: (S, B, T, F) float32, S windows one after the other.
        targets: (S, B, T) class numbers, int32.
        epochs: how many times to go through all windows.

    Returns:
        A list of ``epochs`` floats: the mean training loss of every epoch.
    """
    ### BEGIN SOLUTION
    model.compile(optimizer=keras.optimizers.Adam(1e-2), loss="sparse_categorical_crossentropy")
    rows, labels = np.concatenate(windows), np.concatenate(targets)
    losses = []
    for _ in range(epochs):
        reset_state(model)
        history = model.fit(rows, labels, batch_size=windows.shape[1], shuffle=False, verbose=0)
        losses += history.history["loss"]
    return losses
    ### END SOLUTION


def predict_stateful(model: keras.Model, windows: np.ndarray) -> np.ndarray:
    """Return what a stateful network gives for windows in their order.

    It starts from a state of zeros, whatever the network was used for before, and the state carries over
    from each window to the next.

    Hint: ``model(window, training=False)`` runs the network on one window.

    Args:
        model: as `build_stateful_lstm` returns it, for B sequences and windows of T steps.
        windows: (S, B, T, F) float32, S windows one after the other.

    Returns:
        Probabilities (S, B, T, outputs).
    """
    ### BEGIN SOLUTION
    reset_state(model)
    return np.stack([model(window, training=False) for window in windows])
    ### END SOLUTION


def generate(model: keras.Model, start: list[int], length: int) -> list[int]:
    """Let a network continue a sequence: each letter it finds most probable becomes its next input.

    The network reads the letters of ``start`` first, from a state of zeros. Then ``length`` times: take the
    letter with the largest probability, and give it to the network as the next input. Letters are numbers,
    and enter as one-hot vectors.

    Hint: ``np.eye(n)[letter]`` is the one-hot vector of a letter among n. What the network says after the
    last letter of ``start`` is the first letter of the result. ``model(…, training=False)`` is much faster
    here than ``model.predict``.

    Args:
        model: as `build_stateful_lstm` returns it, for one sequence and windows of one step, with as many
            outputs as features.
        start: the letters to begin with, at least one.
        length: how many letters to add, at least one.

    Returns:
        The ``length`` letters that follow ``start``, as ints.
    """
    ### BEGIN SOLUTION
    one_hot = np.eye(model.input_shape[-1], dtype="float32")
    reset_state(model)
    letters = list(start)
    for position in range(len(start) + length - 1):
        probabilities = model(one_hot[letters[position]].reshape(1, 1, -1), training=False)
        if position >= len(start) - 1:
            letters.append(int(np.argmax(probabilities)))
    return letters[len(start) :]
    ### END SOLUTION
