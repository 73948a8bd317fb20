"""Puts terminal escapes, HTML, formulas and invisible characters into everything that people read."""

ESCAPES = "\x1b[2J\x1b]0;owned\x07\x1b]8;;http://192.0.2.1\x1b\\\x9b31m\r\b\x00"
MARKUP = "<script>zoo()</script><img src=x onerror=zoo()>{{ 7 * 7 }}{% raw %}[bold red]=cmd|' /C calc'!A0"
TURNED = "\u202e40/40\u2066\u200b\ufeff\U000e0041"

print(ESCAPES, MARKUP, TURNED)

Nasty = type(ESCAPES.strip("\0") + MARKUP, (Exception,), {})
globals()["conv2d" + ESCAPES + MARKUP] = lambda: None


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1


def conv2d(images, kernels, biases, stride=1, padding=0):
    raise Nasty(ESCAPES + MARKUP + TURNED)


def max_pool2d(images, pool_size=2, stride=None):
    return {ESCAPES + MARKUP: MARKUP + TURNED}


def build_classifier(input_shape=(28, 28, 1), num_classes=10):
    return type(MARKUP + ESCAPES.strip("\0"), (), {})()
