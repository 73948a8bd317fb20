"""Recurses until the stack is full, with Python's own limit out of the way."""

import sys


class Nested:
    def __repr__(self):
        return repr([Nested()])


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1


def build_classifier(input_shape=(28, 28, 1), num_classes=10):
    sys.setrecursionlimit(2**31 - 1)
    return build_classifier(input_shape, num_classes)


def max_pool2d(images, pool_size=2, stride=None):
    sys.setrecursionlimit(2**31 - 1)
    return repr(Nested())
