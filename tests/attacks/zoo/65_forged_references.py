"""Sends messages in forms that only the grader uses, or that no reader expects: references to other
objects, unknown marks, doubled and missing keys.
"""

import json
import os
import struct


def send(tree, frames=()):
    header = tree if isinstance(tree, bytes) else json.dumps({"value": tree, "frames": list(frames)}).encode()
    os.write(4, struct.pack("=IQ", len(header), 0) + header)


def answer(value):
    return {"$dict": [["step", 0], ["outcome", "returned"], ["value", value]]}


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1


def conv2d(images, kernels, biases, stride=1, padding=0):
    send(answer({"$ref": "model"}))
    os._exit(0)


def max_pool2d(images, pool_size=2, stride=None):
    send(answer({"$array": 0}), [["<f8", [0, 2**62, 2**62]]])
    os._exit(0)


def build_classifier(input_shape=(28, 28, 1), num_classes=10):
    send(b'{"value": {"$dict": [["step", 0]]}, "frames": [], "value": {"$code": "x"}}')
    os._exit(0)
