"""Wrong: the gates stand in the order i, f, o, g, with the candidate last.

Fails: lstm_step_example, lstm_forward_example, lstm_step_values
"""


def lstm_step(x, h, c, kernel, recurrent_kernel, bias):
    units = h.shape[1]
    z = np.dot(x, kernel) + np.dot(h, recurrent_kernel) + bias
    i = sigmoid(z[:, :units])
    f = sigmoid(z[:, units : 2 * units])
    o = sigmoid(z[:, 2 * units : 3 * units])
    g = np.tanh(z[:, 3 * units :])
    c = f * c + i * g
    return o * np.tanh(c), c
