"""Wrong: the targets of `make_windows` are the inputs themselves.

Fails: windows_example, windows_shift
"""


def make_windows(sequence, window):
    count = (len(sequence) - 1) // window
    inputs = [sequence[s * window : (s + 1) * window] for s in range(count)]
    targets = [sequence[s * window : (s + 1) * window] for s in range(count)]
    return np.array(inputs), np.array(targets)
