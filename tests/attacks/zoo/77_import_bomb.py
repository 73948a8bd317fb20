"""Imports itself, and takes memory while it is imported."""

import importlib
import sys

kept = [b"x" * (1 << 20)]
sys.modules.pop("cnn", None)
while True:
    kept.append(kept[-1] * 2 if len(kept[-1]) < 1 << 28 else bytearray(kept[-1]))
    importlib.invalidate_caches()


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1
