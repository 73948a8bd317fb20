"""Wrong: `lstm_step` puts the candidate through σ, as it does with the three gates.

Fails: lstm_step_example, lstm_forward_example, lstm_step_values
"""


def lstm_step(x, h, c, kernel, recurrent_kernel, bias):
    z = sigmoid(x @ kernel + h @ recurrent_kernel + bias)
    i, f, g, o = np.split(z, 4, axis=-1)
    c = f * c + i * g
    h = o * np.tanh(c)
    return h, c
