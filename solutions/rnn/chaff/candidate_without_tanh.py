"""Wrong: the candidate of `lstm_step` has no activation.

Fails: lstm_step_example, lstm_forward_example, lstm_step_values
"""


def lstm_step(x, h, c, kernel, recurrent_kernel, bias):
    z = (x @ kernel + h @ recurrent_kernel + bias).reshape(len(x), 4, -1)
    i = sigmoid(z[:, 0])
    f = sigmoid(z[:, 1])
    g = z[:, 2]
    o = sigmoid(z[:, 3])
    c = f * c + i * g
    return o * np.tanh(c), c
