"""Returns what yields for ever, contains itself, or says that it is longer than it is."""

import itertools


class Long(list):
    def __len__(self):
        return 2**62

    def __iter__(self):
        return itertools.repeat(0)


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1


def conv2d(images, kernels, biases, stride=1, padding=0):
    return itertools.count()


def max_pool2d(images, pool_size=2, stride=None):
    cycle = []
    cycle.append(cycle)
    return cycle


def build_classifier(input_shape=(28, 28, 1), num_classes=10):
    return (layer for layer in itertools.count())


def feature_maps(model, images):
    return Long()
