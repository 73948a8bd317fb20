"""Wrong: `lstm_forward` makes its states of zeros as wide as the inputs, as if units were features.

Fails: lstm_forward_agrees_with_keras
"""


def lstm_forward(inputs, kernel, recurrent_kernel, bias, h0=None, c0=None):
    h = np.zeros_like(inputs[:, 0]) if h0 is None else h0
    c = np.zeros_like(inputs[:, 0]) if c0 is None else c0
    hidden, cells = [], []
    for t in range(inputs.shape[1]):
        h, c = lstm_step(inputs[:, t], h, c, kernel, recurrent_kernel, bias)
        hidden += [h]
        cells += [c]
    return np.stack(hidden, axis=1), np.stack(cells, axis=1)
