"""Wrong: `max_pool2d` forgets to move on to the next row, so its outer loop never ends.

Everything else is right: only what calls `max_pool2d` may suffer.

Fails: max_pool2d_example, max_pool2d_values
"""


def max_pool2d(images, pool_size=2, stride=None):
    if stride is None:
        stride = pool_size
    n, h, w, c = images.shape
    out_h = conv_output_size(h, pool_size, stride)
    out_w = conv_output_size(w, pool_size, stride)
    output = np.zeros((n, out_h, out_w, c))
    i = 0
    while i < out_h:
        j = 0
        while j < out_w:
            top, left = i * stride, j * stride
            output[:, i, j, :] = images[:, top : top + pool_size, left : left + pool_size, :].max(axis=(1, 2))
            j += 1
    return output
