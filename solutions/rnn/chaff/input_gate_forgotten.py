"""Wrong: `lstm_step` adds the whole candidate to the cell state, without the input gate.

Fails: lstm_step_example, lstm_forward_example, lstm_step_values
"""


def lstm_step(x, h, c, kernel, recurrent_kernel, bias):
    n = bias.size // 4

    def block(k):
        cols = slice(k * n, (k + 1) * n)
        return x @ kernel[:, cols] + h @ recurrent_kernel[:, cols] + bias[cols]

    c = sigmoid(block(1)) * c + np.tanh(block(2))
    h = sigmoid(block(3)) * np.tanh(c)
    return h, c
