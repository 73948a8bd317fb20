"""Wrong: `conv2d` adds the first filter's bias to all feature maps.

The public example has a single filter.

Fails: conv2d_values, conv2d_stride, conv2d_padding
"""


def conv2d(images, kernels, biases, stride=1, padding=0):
    images = np.pad(images, [(0, 0), (padding, padding), (padding, padding), (0, 0)])
    kh, kw, c, f = kernels.shape
    oh = (images.shape[1] - kh) // stride + 1
    ow = (images.shape[2] - kw) // stride + 1
    out = np.full((len(images), oh, ow, f), biases[0], dtype=float)
    for i in range(oh):
        for j in range(ow):
            window = images[:, i * stride : i * stride + kh, j * stride : j * stride + kw]
            out[:, i, j] += np.einsum("nuvc,uvcf->nf", window, kernels)
    return out
