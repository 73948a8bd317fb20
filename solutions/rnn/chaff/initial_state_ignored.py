"""Wrong: `lstm_forward` starts from zeros, whatever states it is given.

Fails: lstm_forward_initial_state
"""


def lstm_forward(inputs, kernel, recurrent_kernel, bias, h0=None, c0=None):
    N, T, F = inputs.shape
    U = recurrent_kernel.shape[0]
    h = np.zeros((N, U), dtype=inputs.dtype)
    c = np.zeros((N, U), dtype=inputs.dtype)
    hidden = np.zeros((N, T, U), dtype=inputs.dtype)
    cells = np.zeros((N, T, U), dtype=inputs.dtype)
    for t in range(T):
        h, c = lstm_step(inputs[:, t], h, c, kernel, recurrent_kernel, bias)
        hidden[:, t] = h
        cells[:, t] = c
    return hidden, cells
