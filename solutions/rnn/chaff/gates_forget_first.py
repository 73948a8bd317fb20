"""Wrong: `lstm_step` takes the blocks in the order f, i, g, o, with the forget gate first.

Fails: lstm_step_example, lstm_forward_example, lstm_step_values
"""


def lstm_step(x, h, c, kernel, recurrent_kernel, bias):
    z = x @ kernel + h @ recurrent_kernel + bias
    u = z.shape[1] // 4
    f = sigmoid(z[:, :u])
    i = sigmoid(z[:, u : 2 * u])
    g = np.tanh(z[:, 2 * u : 3 * u])
    o = sigmoid(z[:, 3 * u :])
    c = f * c + i * g
    return o * np.tanh(c), c
