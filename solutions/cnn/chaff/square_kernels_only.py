"""Wrong: `conv2d` takes the kernel's height for its width as well.

Fails: conv2d_example, conv2d_values
"""


def conv2d(images, kernels, biases, stride=1, padding=0):
    k = kernels.shape[0]
    num_filters = kernels.shape[3]
    images = np.pad(images, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    h = (images.shape[1] - k) // stride + 1
    w = (images.shape[2] - k) // stride + 1
    out = np.zeros((images.shape[0], h, w, num_filters))
    for i in range(h):
        for j in range(w):
            window = images[:, i * stride : i * stride + k, j * stride : j * stride + k, :]
            for f in range(num_filters):
                out[:, i, j, f] = (window * kernels[:, :, :, f]).sum(axis=(1, 2, 3)) + biases[f]
    return out
