"""Wrong: `make_windows` fills up what is left at the end with zeros, to one window more.

Fails: windows_example, windows_shift
"""


def make_windows(sequence, window):
    inputs, targets = sequence[:-1], sequence[1:]
    missing = -len(inputs) % window
    zeros = np.zeros((missing, *sequence.shape[1:]), dtype=sequence.dtype)
    inputs = np.concatenate([inputs, zeros])
    targets = np.concatenate([targets, zeros])
    shape = (-1, window, *sequence.shape[1:])
    return inputs.reshape(shape), targets.reshape(shape)
