"""Wrong: `lstm_step` shows the new cell state as it is: o * c' in place of o * tanh(c').

Fails: lstm_step_example, lstm_forward_example, lstm_step_values
"""


def lstm_step(x, h, c, kernel, recurrent_kernel, bias):
    z = x @ kernel + h @ recurrent_kernel + bias
    i, f, g, o = np.split(z, 4, axis=1)
    new_c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    new_h = sigmoid(o) * new_c
    return new_h, new_c
