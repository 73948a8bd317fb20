"""Wrong: `conv2d` puts all the padding on the right and at the bottom.

The size of the output is right.

Fails: conv2d_padding
"""


def conv2d(images, kernels, biases, stride=1, padding=0):
    n, h, w, c = images.shape
    kh, kw, _, f = kernels.shape
    out_h = conv_output_size(h, kh, stride, padding)
    out_w = conv_output_size(w, kw, stride, padding)
    padded = np.zeros((n, h + 2 * padding, w + 2 * padding, c))
    padded[:, :h, :w] = images
    out = np.zeros((n, out_h, out_w, f))
    for i in range(out_h):
        for j in range(out_w):
            window = padded[:, i * stride : i * stride + kh, j * stride : j * stride + kw]
            out[:, i, j] = np.tensordot(window, kernels, 3) + biases
    return out
