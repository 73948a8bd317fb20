"""Wrong: `max_pool2d` also pools the incomplete windows on the right and at the bottom.

Fails: max_pool2d_values
"""


def max_pool2d(images, pool_size=2, stride=None):
    if stride is None:
        stride = pool_size
    tops = range(0, images.shape[1], stride)
    lefts = range(0, images.shape[2], stride)
    out = np.zeros((images.shape[0], len(tops), len(lefts), images.shape[3]))
    for i, top in enumerate(tops):
        for j, left in enumerate(lefts):
            out[:, i, j] = images[:, top : top + pool_size, left : left + pool_size].max(axis=(1, 2))
    return out
