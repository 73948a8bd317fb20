"""Fills the disk with files, large and many. The scratch folder has a size and a number of files; what
comes near half a gigabyte or twenty thousand files would be nobody's homework.
"""

import os

BLOCK = b"x" * (1 << 20)


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1


def conv2d(images, kernels, biases, stride=1, padding=0):
    written = 0
    for number in range(512):
        with open(f"large{number}", "wb") as file:
            for _ in range(32):
                written += file.write(BLOCK)
                if written > 512 << 20:
                    print("BREACH: wrote half a gigabyte", flush=True)
                    return written
    return written


def max_pool2d(images, pool_size=2, stride=None):
    for number in range(20_000):
        os.mkdir(f"folder{number}")
    print("BREACH: made 20,000 folders", flush=True)
