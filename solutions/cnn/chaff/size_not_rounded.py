"""Wrong: `conv_output_size` divides without rounding, so a rest becomes half a position.

Fails: output_size_examples, output_size
"""


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) / stride + 1


def conv2d(images, kernels, biases, stride=1, padding=0):
    N, H, W, C = images.shape
    kh, kw, C, F = kernels.shape
    padded = np.zeros((N, H + 2 * padding, W + 2 * padding, C))
    padded[:, padding : padding + H, padding : padding + W, :] = images
    H_out = (H + 2 * padding - kh) // stride + 1
    W_out = (W + 2 * padding - kw) // stride + 1
    out = np.zeros((N, H_out, W_out, F))
    for n in range(N):
        for i in range(H_out):
            for j in range(W_out):
                window = padded[n, i * stride : i * stride + kh, j * stride : j * stride + kw]
                for f in range(F):
                    out[n, i, j, f] = np.sum(window * kernels[..., f]) + biases[f]
    return out


def max_pool2d(images, pool_size=2, stride=None):
    stride = stride or pool_size
    windows = np.lib.stride_tricks.sliding_window_view(images, (pool_size, pool_size), axis=(1, 2))
    return windows[:, ::stride, ::stride].max(axis=(4, 5))
