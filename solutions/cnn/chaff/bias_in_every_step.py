"""Wrong: `conv2d` adds the biases once for each pixel of the kernel, inside the loop.

Fails: conv2d_example, conv2d_values, conv2d_stride, conv2d_padding
"""


def conv2d(images, kernels, biases, stride=1, padding=0):
    n, h, w, c = images.shape
    kh, kw, _, f = kernels.shape
    x = np.pad(images, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    oh, ow = conv_output_size(h, kh, stride, padding), conv_output_size(w, kw, stride, padding)
    out = np.zeros((n, oh, ow, f))
    for u in range(kh):
        for v in range(kw):
            out += x[:, u : u + oh * stride : stride, v : v + ow * stride : stride] @ kernels[u, v] + biases
    return out
