"""Wrong: `lstm_step` takes the forget gate for one that says how much to forget, and keeps 1 - f.

Fails: lstm_step_example, lstm_forward_example, lstm_step_values
"""


def lstm_step(x, h, c, kernel, recurrent_kernel, bias):
    u = h.shape[-1]
    z = np.dot(x, kernel) + np.dot(h, recurrent_kernel) + bias
    i = sigmoid(z[:, :u])
    f = sigmoid(z[:, u : 2 * u])
    g = np.tanh(z[:, 2 * u : 3 * u])
    o = sigmoid(z[:, 3 * u :])
    c_new = c - f * c + i * g
    return o * np.tanh(c_new), c_new
