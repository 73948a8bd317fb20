"""Wrong: `conv2d` flips the kernel, as mathematicians define convolution.

Fails: conv2d_example, conv2d_values, conv2d_stride, conv2d_padding
"""


def conv2d(images, kernels, biases, stride=1, padding=0):
    kernels = np.flip(kernels, axis=(0, 1))
    kh, kw = kernels.shape[0], kernels.shape[1]
    images = np.pad(images, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(images, (kh, kw), axis=(1, 2))[:, ::stride, ::stride]
    return np.einsum("abcdhw,hwdf->abcf", windows, kernels) + biases
