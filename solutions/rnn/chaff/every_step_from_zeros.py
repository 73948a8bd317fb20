"""Wrong: `lstm_forward` starts every time step from the first states again.

Fails: lstm_forward_example, lstm_forward_agrees_with_keras
"""


def lstm_forward(inputs, kernel, recurrent_kernel, bias, h0=None, c0=None):
    n, steps, _ = inputs.shape
    units = len(recurrent_kernel)
    if h0 is None:
        h0 = np.zeros((n, units), inputs.dtype)
    if c0 is None:
        c0 = np.zeros((n, units), inputs.dtype)
    states = [lstm_step(inputs[:, t], h0, c0, kernel, recurrent_kernel, bias) for t in range(steps)]
    return np.stack([h for h, _ in states], axis=1), np.stack([c for _, c in states], axis=1)
