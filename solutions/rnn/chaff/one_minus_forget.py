"""Wrong: `lstm_step` lets 1 - f decide how much of the candidate comes in, as a GRU does, and not i.

Fails: lstm_step_example, lstm_forward_example, lstm_step_values
"""


def lstm_step(x, h, c, kernel, recurrent_kernel, bias):
    i, f, g, o = np.split(x.dot(kernel) + h.dot(recurrent_kernel) + bias, 4, axis=-1)
    keep = sigmoid(f)
    c_new = keep * c + (1 - keep) * np.tanh(g)
    return sigmoid(o) * np.tanh(c_new), c_new
