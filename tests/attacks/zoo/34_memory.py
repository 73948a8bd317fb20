"""Takes all memory there is, the second time without touching the heap. A watchdog outside counts what is
resident.
"""

import mmap

import numpy as np


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1


def max_pool2d(images, pool_size=2, stride=None):
    kept = []
    while True:
        kept.append(np.ones(4 << 20))


def build_classifier(input_shape=(28, 28, 1), num_classes=10):
    kept = []
    while True:
        kept.append(mmap.mmap(-1, 32 << 20))
        for offset in range(0, 32 << 20, 4096):
            kept[-1][offset] = 1
