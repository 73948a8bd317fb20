"""Wrong: `max_pool2d` takes the largest value of all channels together.

With one channel nothing is wrong.

Fails: max_pool2d_values
"""


def max_pool2d(images, pool_size=2, stride=None):
    if stride is None:
        stride = pool_size
    n, h, w, c = images.shape
    out_h = (h - pool_size) // stride + 1
    out_w = (w - pool_size) // stride + 1
    out = np.zeros((n, out_h, out_w, c))
    for k in range(n):
        for i in range(out_h):
            for j in range(out_w):
                out[k, i, j] = np.max(
                    images[k, i * stride : i * stride + pool_size, j * stride : j * stride + pool_size]
                )
    return out
