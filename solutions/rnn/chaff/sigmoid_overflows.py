"""Wrong: `lstm_step` writes σ(z) as exp(z) / (1 + exp(z)), which is NaN for large z.

Fails: lstm_forward_long
"""


def lstm_step(x, h, c, kernel, recurrent_kernel, bias):
    z = x @ kernel + h @ recurrent_kernel + bias
    e = np.exp(z)
    i, f, _, o = np.split(e / (1 + e), 4, axis=-1)
    g = np.tanh(np.split(z, 4, axis=-1)[2])
    c = f * c + i * g
    h = o * np.tanh(c)
    return h, c
