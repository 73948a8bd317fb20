"""Wrong: the gates of `lstm_step` go through tanh in place of σ.

Fails: lstm_step_example, lstm_forward_example, lstm_step_values
"""


def lstm_step(x, h, c, kernel, recurrent_kernel, bias):
    gates = np.tanh(np.matmul(x, kernel) + np.matmul(h, recurrent_kernel) + bias)
    i, f, g, o = np.split(gates, 4, axis=-1)
    c = f * c + i * g
    h = o * np.tanh(c)
    return h, c
