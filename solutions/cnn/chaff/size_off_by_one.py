"""Wrong: `conv_output_size` counts the moves of the kernel and not its positions.

Convolution and pooling use it, so both lose their last row and column.

Fails: output_size_examples, output_size, conv2d_example, conv2d_values, conv2d_stride, conv2d_padding,
max_pool2d_example, max_pool2d_values
"""


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride


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
    if stride is None:
        stride = pool_size
    n, h, w, c = images.shape
    out_h = conv_output_size(h, pool_size, stride)
    out_w = conv_output_size(w, pool_size, stride)
    out = np.zeros((n, out_h, out_w, c))
    for i in range(out_h):
        for j in range(out_w):
            window = images[:, i * stride : i * stride + pool_size, j * stride : j * stride + pool_size, :]
            out[:, i, j, :] = window.max(axis=(1, 2))
    return out
