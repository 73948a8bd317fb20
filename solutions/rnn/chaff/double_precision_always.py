"""Wrong: `lstm_forward` collects the states in arrays of float64, whatever the inputs are.

Fails: lstm_precision
"""


def lstm_forward(inputs, kernel, recurrent_kernel, bias, h0=None, c0=None):
    n, steps, _ = inputs.shape
    units = recurrent_kernel.shape[0]
    h = np.zeros((n, units)) if h0 is None else h0
    c = np.zeros((n, units)) if c0 is None else c0
    hs = np.zeros((n, steps, units))
    cs = np.zeros((n, steps, units))
    for t in range(steps):
        h, c = lstm_step(inputs[:, t], h, c, kernel, recurrent_kernel, bias)
        hs[:, t] = h
        cs[:, t] = c
    return hs, cs
