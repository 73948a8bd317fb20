"""Makes itself hard to end, then waits for the grader to go away first: out of its session, deaf to all
signals, and without the signal that comes when the parent ends. The tests kill the grader while it waits.
"""

import contextlib
import ctypes
import os
import signal
import time

libc = ctypes.CDLL(None, use_errno=True)
for number in range(1, signal.NSIG):
    with contextlib.suppress(OSError, ValueError):
        signal.signal(number, signal.SIG_IGN)
with contextlib.suppress(OSError):
    os.setsid()
libc.prctl(1, 0, 0, 0, 0)  # PR_SET_PDEATHSIG
libc.prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
libc.prctl(15, b"zoo-lingers", 0, 0, 0)  # PR_SET_NAME: what the tests wait for
while True:
    time.sleep(1)


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1
