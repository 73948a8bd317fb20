"""Wrong: `max_pool2d` takes the image's height for its width as well.

Fails: max_pool2d_values
"""


def max_pool2d(images, pool_size=2, stride=None):
    if stride is None:
        stride = pool_size
    size = conv_output_size(images.shape[1], pool_size, stride)
    out = np.zeros((images.shape[0], size, size, images.shape[3]))
    for i in range(size):
        for j in range(size):
            window = images[:, i * stride : i * stride + pool_size, j * stride : j * stride + pool_size]
            out[:, i, j] = window.max(axis=1).max(axis=1)
    return out
