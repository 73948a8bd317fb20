"""Wrong: the targets of `make_windows` are two elements ahead of their inputs.

Fails: windows_example, windows_shift
"""


def make_windows(sequence, window):
    rest = sequence[1:]
    count = (len(rest) - 1) // window
    shape = (count, window, *sequence.shape[1:])
    return sequence[: count * window].reshape(shape), rest[1 : count * window + 1].reshape(shape)
