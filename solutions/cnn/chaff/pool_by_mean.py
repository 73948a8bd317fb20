"""Wrong: `max_pool2d` takes the mean of each window.

Fails: max_pool2d_example, max_pool2d_values
"""


def max_pool2d(images, pool_size=2, stride=None):
    if stride is None:
        stride = pool_size
    n, h, w, c = images.shape
    new_h = conv_output_size(h, pool_size, stride)
    new_w = conv_output_size(w, pool_size, stride)
    pooled = np.zeros((n, new_h, new_w, c))
    for i in range(new_h):
        for j in range(new_w):
            y, x = i * stride, j * stride
            pooled[:, i, j] = np.mean(images[:, y : y + pool_size, x : x + pool_size], axis=(1, 2))
    return pooled
