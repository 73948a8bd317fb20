"""Wrong: `conv2d` moves by the stride from row to row, and by one pixel from column to column.

Fails: conv2d_stride
"""


def conv2d(images, kernels, biases, stride=1, padding=0):
    N, H, W, C = images.shape
    kh, kw, _, F = kernels.shape
    padded = np.pad(images, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    H2 = conv_output_size(H, kh, stride, padding)
    W2 = conv_output_size(W, kw, stride, padding)
    total = np.zeros((N, H2, W2, F))
    for u in range(kh):
        for v in range(kw):
            total += padded[:, u : u + stride * H2 : stride, v : v + W2] @ kernels[u, v]
    return total + biases
