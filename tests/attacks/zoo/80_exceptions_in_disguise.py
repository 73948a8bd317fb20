"""Raises errors that pass for something else: a stub, a lack of memory, a syntax error in line one
billion, or the worker's own exceptions.
"""

import sys


class Disguised(BaseException):
    __class__ = NotImplementedError

    def __init__(self):
        super().__init__("not written yet, honestly")


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1


def conv2d(images, kernels, biases, stride=1, padding=0):
    raise Disguised


def max_pool2d(images, pool_size=2, stride=None):
    error = SyntaxError("of no file")
    error.lineno = 10**30
    error.msg = ["no", "text"]
    raise error


def build_classifier(input_shape=(28, 28, 1), num_classes=10):
    kinds = [module.WireError for name, module in sys.modules.items() if name.endswith("sandbox.wire")]
    raise kinds[0](b"passed", 40) if kinds else KeyError
