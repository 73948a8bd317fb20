"""Wrong: `conv2d` repeats the pixels at the edge where zeros should be.

Fails: conv2d_padding
"""


def conv2d(images, kernels, biases, stride=1, padding=0):
    p = padding
    x = np.pad(images, ((0, 0), (p, p), (p, p), (0, 0)), mode="edge")
    view = np.lib.stride_tricks.sliding_window_view(x, kernels.shape[:2], (1, 2))
    return np.tensordot(view[:, ::stride, ::stride], kernels, ([4, 5, 3], [0, 1, 2])) + biases
