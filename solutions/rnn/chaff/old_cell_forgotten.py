"""Wrong: `lstm_step` makes the new cell state of the candidate alone: i * g, without f * c.

Fails: lstm_step_example, lstm_forward_example, lstm_step_values
"""


def lstm_step(x, h, c, kernel, recurrent_kernel, bias):
    U = recurrent_kernel.shape[0]
    z = x @ kernel + h @ recurrent_kernel + bias
    i = sigmoid(z[:, 0:U])
    f = sigmoid(z[:, U : 2 * U])
    g = np.tanh(z[:, 2 * U : 3 * U])
    o = sigmoid(z[:, 3 * U : 4 * U])
    c = i * g
    h = o * np.tanh(c)
    return h, c
