"""Computes a number with billions of digits while it is imported."""

HUGE = 10 ** (10 ** len("123456789"))


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1
