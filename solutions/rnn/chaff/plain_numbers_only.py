"""Wrong: `make_windows` works for sequences of numbers, and not for sequences of arrays.

Fails: windows_shift
"""


def make_windows(sequence, window):
    count = (len(sequence) - 1) // window
    inputs = sequence[: count * window].reshape(count, window)
    targets = sequence[1 : count * window + 1].reshape(count, window)
    return inputs, targets
