"""Wrong: `lstm_forward` returns the states after the last time step only.

Fails: lstm_forward_example, lstm_forward_agrees_with_keras
"""


def lstm_forward(inputs, kernel, recurrent_kernel, bias, h0=None, c0=None):
    n = len(inputs)
    units = kernel.shape[1] // 4
    h = np.zeros((n, units), inputs.dtype) if h0 is None else h0
    c = np.zeros((n, units), inputs.dtype) if c0 is None else c0
    for t in range(inputs.shape[1]):
        h, c = lstm_step(inputs[:, t], h, c, kernel, recurrent_kernel, bias)
    return h, c
