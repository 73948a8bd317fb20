"""Prints for ever. It is stopped after 64 MB, of which 64 KB are kept."""


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1


def conv2d(images, kernels, biases, stride=1, padding=0):
    while True:
        print("flood " * 20_000)
