"""Wrong: `conv2d` has the right output size for any stride, but its window always moves by one pixel.

Everything else is right, so only what tries `conv2d` with a stride above 1 can tell.

Fails: conv2d_stride
"""


def conv2d(images, kernels, biases, stride=1, padding=0):
    n, h, w, _ = images.shape
    kh, kw, _, f = kernels.shape
    out_h = conv_output_size(h, kh, stride, padding)
    out_w = conv_output_size(w, kw, stride, padding)
    padded = np.pad(images, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    output = np.zeros((n, out_h, out_w, f))
    for i in range(out_h):
        for j in range(out_w):
            top, left = i, j
            window = padded[:, top : top + kh, left : left + kw, :]
            output[:, i, j, :] = np.tensordot(window, kernels, axes=3) + biases
    return output
