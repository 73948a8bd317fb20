"""Wrong: `conv_output_size` rounds to the nearest number instead of down.

Python rounds 2.5 to 2, so even the public example with a rest comes out right.

Fails: output_size
"""


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    steps = (input_size - kernel_size + 2 * padding) / stride
    return round(steps) + 1


def conv2d(images, kernels, biases, stride=1, padding=0):
    images = np.pad(images, [(0, 0), (padding, padding), (padding, padding), (0, 0)])
    kh, kw = kernels.shape[:2]
    # (N, H', W', C, kh, kw)
    windows = np.lib.stride_tricks.sliding_window_view(images, (kh, kw), axis=(1, 2))
    windows = windows[:, ::stride, ::stride]
    return np.einsum("nijcuv,uvcf->nijf", windows, kernels) + biases


def max_pool2d(images, pool_size=2, stride=None):
    stride = pool_size if stride is None else stride
    rows = (images.shape[1] - pool_size) // stride + 1
    cols = (images.shape[2] - pool_size) // stride + 1
    best = np.full((images.shape[0], rows, cols, images.shape[3]), -np.inf)
    for u in range(pool_size):
        for v in range(pool_size):
            part = images[:, u : u + stride * rows : stride, v : v + stride * cols : stride]
            best = np.maximum(best, part)
    return best
