"""Tries its luck, and hands in again until it holds. Everything random comes from a seed of the student's
own that stays the same: the same files get the same numbers and the same verdict, however often.
"""

import random

import keras
import numpy as np


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1


def conv2d(images, kernels, biases, stride=1, padding=0):
    raise RuntimeError(f"{random.random()} {np.random.rand()} {float(keras.random.uniform(()))}")
