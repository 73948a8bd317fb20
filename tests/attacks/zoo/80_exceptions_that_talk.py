"""Raises exceptions whose text is endless, huge, or an exception itself."""


class Huge(Exception):
    def __str__(self):
        return "huge " * 2_000_000


class Broken(Exception):
    def __str__(self):
        raise RuntimeError("no text")


class Endless(Exception):
    def __str__(self):
        text = "for ever"
        while text:
            pass
        return text


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1


def conv2d(images, kernels, biases, stride=1, padding=0):
    raise Huge


def max_pool2d(images, pool_size=2, stride=None):
    raise Broken


def build_classifier(input_shape=(28, 28, 1), num_classes=10):
    raise Endless
