"""Wrong: the targets of `make_windows` are the next window, and not the next element.

Fails: windows_example, windows_shift
"""


def make_windows(sequence, window):
    count = len(sequence) // window
    chunks = sequence[: count * window].reshape((count, window) + sequence.shape[1:])
    return chunks[:-1], chunks[1:]
