"""Wrong: `lstm_forward` makes float32 of everything, also of inputs that are float64.

Fails: lstm_precision
"""


def lstm_forward(inputs, kernel, recurrent_kernel, bias, h0=None, c0=None):
    inputs = inputs.astype("float32")
    kernel, recurrent_kernel, bias = (w.astype("float32") for w in (kernel, recurrent_kernel, bias))
    zeros = np.zeros((len(inputs), len(recurrent_kernel)), dtype="float32")
    h = zeros if h0 is None else h0.astype("float32")
    c = zeros if c0 is None else c0.astype("float32")
    hidden, cells = [], []
    for t in range(inputs.shape[1]):
        h, c = lstm_step(inputs[:, t], h, c, kernel, recurrent_kernel, bias)
        hidden.append(h)
        cells.append(c)
    return np.stack(hidden, axis=1), np.stack(cells, axis=1)
