"""Calls itself and its threads what whoever reads /proc may stumble over: digits that are no numbers, bytes
that are no text, line ends, lines of /proc itself.
"""

import ctypes
import threading
import time

libc = ctypes.CDLL(None, use_errno=True)
PR_SET_NAME = 15
NAMES = ("\u00b2".encode(), b"\xff\xfe", b"x\nRssAnon: 0", b"a: \xe2\x80\xa8 1", b") Z 1 (", b"")


def rename():
    for name in NAMES:
        libc.prctl(PR_SET_NAME, name, 0, 0, 0)
        time.sleep(0.12)  # long enough to be looked at


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1


def build_classifier(input_shape=(28, 28, 1), num_classes=10):
    thread = threading.Thread(target=rename)
    thread.start()
    rename()
    thread.join()
    print("tried odd names")
    raise NotImplementedError
