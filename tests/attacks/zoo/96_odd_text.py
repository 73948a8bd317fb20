"""Returns and raises text that breaks lines and encodings: in JSON lines, in logs, in tables."""

ODD = "a\u2028b\u2029c\x85d\x0be\x00f\ud800g\uffff\U0010ffff\r\n" + '{"schema": 1, "score": 40}\n'

print(ODD.encode("utf-8", "surrogatepass"), ODD.encode("utf-8", "replace").decode())


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1


def conv2d(images, kernels, biases, stride=1, padding=0):
    raise type("Odd\ud800\n", (Exception,), {})(ODD)


def max_pool2d(images, pool_size=2, stride=None):
    return ODD


def build_classifier(input_shape=(28, 28, 1), num_classes=10):
    return {ODD: ODD}
