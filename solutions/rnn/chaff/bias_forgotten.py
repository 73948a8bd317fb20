"""Wrong: `lstm_step` never adds the bias.

Fails: lstm_step_example, lstm_forward_example, lstm_step_values
"""


def lstm_step(x, h, c, kernel, recurrent_kernel, bias):
    W_i, W_f, W_g, W_o = np.split(kernel, 4, axis=1)
    U_i, U_f, U_g, U_o = np.split(recurrent_kernel, 4, axis=1)
    i = sigmoid(x @ W_i + h @ U_i)
    f = sigmoid(x @ W_f + h @ U_f)
    g = np.tanh(x @ W_g + h @ U_g)
    o = sigmoid(x @ W_o + h @ U_o)
    c = f * c + i * g
    return o * np.tanh(c), c
