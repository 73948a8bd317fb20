"""Wrong: `lstm_forward` takes inputs[t] for time step t, which is sequence t.

Fails: lstm_forward_example, lstm_forward_agrees_with_keras
"""


def lstm_forward(inputs, kernel, recurrent_kernel, bias, h0=None, c0=None):
    N, T, _ = inputs.shape
    U = recurrent_kernel.shape[0]
    h = np.zeros((N, U), dtype=inputs.dtype) if h0 is None else h0
    c = np.zeros((N, U), dtype=inputs.dtype) if c0 is None else c0
    hidden, cells = [], []
    for t in range(T):
        h, c = lstm_step(inputs[t], h, c, kernel, recurrent_kernel, bias)
        hidden.append(h)
        cells.append(c)
    return np.stack(hidden, axis=1), np.stack(cells, axis=1)
