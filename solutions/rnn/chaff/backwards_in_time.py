"""Wrong: `lstm_forward` reads the sequences from the last time step to the first.

Fails: lstm_forward_example, lstm_forward_agrees_with_keras
"""


def lstm_forward(inputs, kernel, recurrent_kernel, bias, h0=None, c0=None):
    shape = inputs.shape[0], recurrent_kernel.shape[0]
    h = np.zeros(shape, inputs.dtype) if h0 is None else h0
    c = np.zeros(shape, inputs.dtype) if c0 is None else c0
    hs, cs = [], []
    for t in range(1, inputs.shape[1] + 1):
        h, c = lstm_step(inputs[:, -t], h, c, kernel, recurrent_kernel, bias)
        hs.append(h)
        cs.append(c)
    return np.stack(hs, 1), np.stack(cs, 1)
