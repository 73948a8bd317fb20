"""Asks for a layer with hundreds of millions of units. It does not fit where it is built."""

import keras


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1


def build_classifier(input_shape=(28, 28, 1), num_classes=10):
    return keras.Sequential([keras.Input((1,)), keras.layers.Dense(2 * 10**8), keras.layers.Dense(2 * 10**8)])
