"""Wrong: `conv_output_size` adds the padding to the result, as if the stride did not move over it.

It is the right number for a stride of 1, and without padding.

Fails: output_size, conv2d_stride_and_padding
"""


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    # without padding, then the pixels that padding adds at both ends
    return (input_size - kernel_size) // stride + 1 + 2 * padding


def conv2d(images, kernels, biases, stride=1, padding=0):
    n, h, w, c = images.shape
    kh, kw, _, f = kernels.shape
    x = np.pad(images, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    out_h = conv_output_size(h, kh, stride, padding)
    out_w = conv_output_size(w, kw, stride, padding)
    out = np.zeros((n, out_h, out_w, f))
    for u in range(kh):
        for v in range(kw):
            part = x[:, u : u + stride * out_h : stride, v : v + stride * out_w : stride, :]
            out += part @ kernels[u, v]
    return out + biases


def max_pool2d(images, pool_size=2, stride=None):
    s = stride if stride else pool_size
    h = conv_output_size(images.shape[1], pool_size, s)
    w = conv_output_size(images.shape[2], pool_size, s)
    rows = []
    for i in range(h):
        row = [images[:, i * s : i * s + pool_size, j * s : j * s + pool_size].max((1, 2)) for j in range(w)]
        rows.append(np.stack(row, axis=1))
    return np.stack(rows, axis=1)
