"""Wrong: `conv2d` never adds the biases.

Fails: conv2d_example, conv2d_values, conv2d_stride, conv2d_padding
"""


def conv2d(images, kernels, biases, stride=1, padding=0):
    padded = np.pad(images, ((0, 0), (padding, padding), (padding, padding), (0, 0)), "constant")
    kh, kw, _, n_filters = kernels.shape
    height = conv_output_size(images.shape[1], kh, stride, padding)
    width = conv_output_size(images.shape[2], kw, stride, padding)
    out = np.empty((images.shape[0], height, width, n_filters))
    for y in range(height):
        for x in range(width):
            patch = padded[:, y * stride : y * stride + kh, x * stride : x * stride + kw, :]
            out[:, y, x, :] = np.tensordot(patch, kernels, axes=([1, 2, 3], [0, 1, 2]))
    return out
