"""Handles the signals that would end it, and sends them to itself, fatal ones too."""

import contextlib
import faulthandler
import os
import signal

for number in range(1, signal.NSIG):
    with contextlib.suppress(OSError, ValueError):
        signal.signal(number, lambda number, frame: None)
faulthandler.enable()
signal.set_wakeup_fd(-1)
for number in (
    signal.SIGTERM,
    signal.SIGXCPU,
    signal.SIGXFSZ,
    signal.SIGPIPE,
    signal.SIGALRM,
    signal.SIGCHLD,
):
    os.kill(os.getpid(), number)


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1


def build_classifier(input_shape=(28, 28, 1), num_classes=10):
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    while True:
        pass


def max_pool2d(images, pool_size=2, stride=None):
    signal.signal(signal.SIGSEGV, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGSEGV)
    os.abort()
