"""Wrong: `make_windows` drops the last window where the sequence ends with its last target.

In the public example one element is left over, so nothing shows there.

Fails: windows_shift
"""


def make_windows(sequence, window):
    inputs, targets = [], []
    for start in range(0, len(sequence) - window - 1, window):
        inputs.append(sequence[start : start + window])
        targets.append(sequence[start + 1 : start + window + 1])
    return np.array(inputs), np.array(targets)
