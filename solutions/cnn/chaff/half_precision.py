"""Wrong: `conv2d` computes in half precision to save memory, with three digits instead of seven.

The small numbers of the public example are exact even so.

Fails: conv2d_values, conv2d_stride, conv2d_padding
"""


def conv2d(images, kernels, biases, stride=1, padding=0):
    n, h, w, _ = images.shape
    kh, kw, _, f = kernels.shape
    x = np.pad(images, ((0, 0), (padding, padding), (padding, padding), (0, 0))).astype(np.float16)
    kernels = kernels.astype(np.float16)
    oh = conv_output_size(h, kh, stride, padding)
    ow = conv_output_size(w, kw, stride, padding)
    out = np.zeros((n, oh, ow, f), dtype=np.float16)
    for i in range(oh):
        for j in range(ow):
            window = x[:, i * stride : i * stride + kh, j * stride : j * stride + kw]
            out[:, i, j] = np.tensordot(window, kernels, axes=3) + biases
    return out
