"""Wrong: `lstm_forward` uses the initial states only when both are given.

Fails: lstm_forward_initial_state
"""


def lstm_forward(inputs, kernel, recurrent_kernel, bias, h0=None, c0=None):
    if h0 is None or c0 is None:
        h0 = np.zeros((inputs.shape[0], recurrent_kernel.shape[0]), dtype=inputs.dtype)
        c0 = h0.copy()
    h, c = h0, c0
    hs, cs = [], []
    for x in np.moveaxis(inputs, 1, 0):
        h, c = lstm_step(x, h, c, kernel, recurrent_kernel, bias)
        hs.append(h)
        cs.append(c)
    return np.stack(hs, axis=1), np.stack(cs, axis=1)
