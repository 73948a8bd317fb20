"""Wrong: `make_windows` gives each window one target, the element after its last.

Fails: windows_example, windows_shift
"""


def make_windows(sequence, window):
    starts = range(0, len(sequence) - window, window)
    inputs = np.stack([sequence[s : s + window] for s in starts])
    targets = np.stack([sequence[s + window] for s in starts])
    return inputs, targets
