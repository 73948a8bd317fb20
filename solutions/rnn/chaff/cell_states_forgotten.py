"""Wrong: `lstm_forward` returns the hidden states only.

Fails: lstm_forward_example, lstm_forward_agrees_with_keras
"""


def lstm_forward(inputs, kernel, recurrent_kernel, bias, h0=None, c0=None):
    n, steps, _ = inputs.shape
    units = len(recurrent_kernel)
    h = np.zeros((n, units), inputs.dtype) if h0 is None else h0
    c = np.zeros((n, units), inputs.dtype) if c0 is None else c0
    outputs = np.empty((n, steps, units), inputs.dtype)
    for t in range(steps):
        h, c = lstm_step(inputs[:, t], h, c, kernel, recurrent_kernel, bias)
        outputs[:, t] = h
    return outputs
