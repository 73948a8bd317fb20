"""Wrong: each window of `make_windows` starts one element after the one before, and not where that ended.

Fails: windows_example, windows_shift
"""


def make_windows(sequence, window):
    inputs, targets = [], []
    for start in range(len(sequence) - window):
        inputs.append(sequence[start : start + window])
        targets.append(sequence[start + 1 : start + window + 1])
    return np.array(inputs), np.array(targets)
