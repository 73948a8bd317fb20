"""Wrong: `lstm_forward` takes h0 for the cell state and c0 for the hidden state.

Fails: lstm_forward_initial_state
"""


def lstm_forward(inputs, kernel, recurrent_kernel, bias, h0=None, c0=None):
    zeros = np.zeros((len(inputs), recurrent_kernel.shape[0]), dtype=inputs.dtype)
    c, h = [zeros if state is None else state for state in (h0, c0)]
    hidden, cells = [], []
    for t in range(inputs.shape[1]):
        h, c = lstm_step(inputs[:, t], h, c, kernel, recurrent_kernel, bias)
        hidden.append(h)
        cells.append(c)
    return np.array(hidden).transpose(1, 0, 2), np.array(cells).transpose(1, 0, 2)
