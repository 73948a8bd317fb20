"""Wrong: `lstm_step` computes the hidden state from the old cell state, before that is updated.

Fails: lstm_step_example, lstm_forward_example, lstm_step_values
"""


def lstm_step(x, h, c, kernel, recurrent_kernel, bias):
    z = x @ kernel + h @ recurrent_kernel + bias
    z_i, z_f, z_g, z_o = np.split(z, 4, axis=-1)
    h = sigmoid(z_o) * np.tanh(c)
    c = sigmoid(z_f) * c + sigmoid(z_i) * np.tanh(z_g)
    return h, c
