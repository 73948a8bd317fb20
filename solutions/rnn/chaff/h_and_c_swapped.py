"""Wrong: `lstm_step` returns the cell state first and the hidden state second.

Fails: lstm_step_example, lstm_forward_example, lstm_step_values
"""


def lstm_step(x, h, c, kernel, recurrent_kernel, bias):
    xh = np.concatenate([x, h], axis=1)
    W = np.concatenate([kernel, recurrent_kernel], axis=0)
    i, f, g, o = np.hsplit(xh @ W + bias, 4)
    c_t = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    h_t = sigmoid(o) * np.tanh(c_t)
    return c_t, h_t
