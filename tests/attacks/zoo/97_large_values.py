"""Returns values that are allowed and as large as they may be, for messages to quote."""


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1


def conv2d(images, kernels, biases, stride=1, padding=0):
    return {str(number): "x" * 100_000 for number in range(35)}


def max_pool2d(images, pool_size=2, stride=None):
    return [[[list(range(1000))] for _ in range(6)] for _ in range(6)]
