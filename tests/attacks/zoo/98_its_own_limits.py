"""Turns the knobs that are left to it: its own limits, numpy's errors, the collector, the switch interval."""

import contextlib
import gc
import os
import resource
import sys

import numpy as np

np.seterr(all="raise")
gc.set_threshold(1, 1, 1)
sys.setswitchinterval(100)
os.umask(0o777)
sys.set_int_max_str_digits(0)
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
os.environ.clear()
with contextlib.suppress(OSError):
    os.nice(19)


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1
