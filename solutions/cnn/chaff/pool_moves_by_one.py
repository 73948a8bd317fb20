"""Wrong: `max_pool2d` moves by one pixel when no stride is given.

Fails: max_pool2d_example, max_pool2d_values
"""


def max_pool2d(images, pool_size=2, stride=None):
    stride = stride or 1
    windows = np.lib.stride_tricks.sliding_window_view(images, (pool_size, pool_size), axis=(1, 2))
    return windows[:, ::stride, ::stride].max(axis=(-1, -2))
