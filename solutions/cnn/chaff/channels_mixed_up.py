"""Wrong: `conv2d` flattens windows with the channels first, and kernels with the channels last.

With one channel, as in the public example, both orders are the same.

Fails: conv2d_values, conv2d_stride, conv2d_padding
"""


def conv2d(images, kernels, biases, stride=1, padding=0):
    images = np.pad(images, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    kh, kw, c, f = kernels.shape
    windows = np.lib.stride_tricks.sliding_window_view(images, (kh, kw), axis=(1, 2))
    windows = windows[:, ::stride, ::stride]
    n, oh, ow = windows.shape[:3]
    columns = windows.reshape(n * oh * ow, kh * kw * c)
    return (columns @ kernels.reshape(kh * kw * c, f) + biases).reshape(n, oh, ow, f)
