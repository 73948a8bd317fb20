"""Sends numbers with more digits than Python converts, lists deeper than it recurses, text that is no
text.
"""

import os
import struct


def send(body):
    header = (
        b'{"value": {"$dict": [["step", 0], ["outcome", "returned"], ["value", '
        + body
        + b']]}, "frames": []}'
    )
    os.write(4, struct.pack("=IQ", len(header), 0) + header)
    os._exit(0)


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1


def conv2d(images, kernels, biases, stride=1, padding=0):
    send(b"9" * 1_000_000)


def max_pool2d(images, pool_size=2, stride=None):
    send(b"[" * 100_000 + b"]" * 100_000)


def build_classifier(input_shape=(28, 28, 1), num_classes=10):
    send(b'"' + rb"\ud800" * 100_000 + b'"')
