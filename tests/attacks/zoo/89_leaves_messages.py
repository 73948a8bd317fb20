"""Leaves a message for the next student, wherever something might stay: shared memory, keys, files, names,
marks.
"""

import contextlib
import ctypes
import os
import platform
from pathlib import Path

libc = ctypes.CDLL(None, use_errno=True)
ADD_KEY, KEYCTL = (248, 250) if platform.machine() == "x86_64" else (217, 219)
FOLDERS = (
    "/dev/shm",
    "/dev/mqueue",
    "/tmp",
    "/var/tmp",
    "/run/lock",
    "/run",
    "..",
    "/",
    "/proc/self",
    str(Path.home()),
)


def try_everything():
    own = os.path.realpath(".")
    for folder in FOLDERS:
        if os.path.realpath(folder) == own:
            continue
        with contextlib.suppress(OSError):
            Path(folder, "zoo-was-here.txt").write_text("the answer is 42")
            print("BREACH: left a file in", folder)
        with contextlib.suppress(OSError):
            os.mkdir(Path(folder, "zoo-was-here"))
            print("BREACH: left a folder in", folder)
    for keyring in (-1, -2, -3, -4, -5):
        if libc.syscall(ADD_KEY, b"user", b"zoo", b"answer", ctypes.c_size_t(6), ctypes.c_long(keyring)) >= 0:
            print("BREACH: left a key in keyring", keyring)
    if libc.syscall(KEYCTL, 1, 0) >= 0:  # KEYCTL_JOIN_SESSION_KEYRING
        print("BREACH: joined a keyring")
    with contextlib.suppress(OSError):
        os.setxattr(os.__file__, "user.zoo", b"answer")
        print("BREACH: left a mark")
    with contextlib.suppress(OSError):
        Path("/proc/sys/kernel/ns_last_pid").write_text("4242")
        print("BREACH: left a number")
    with contextlib.suppress(OSError):
        libc.sethostname(b"zoo-was-here", 12) == 0 and print("BREACH: left a host name")
    for path in FOLDERS:
        with contextlib.suppress(OSError):
            left = [name for name in os.listdir(path) if name.startswith("zoo-was-here")]
            if left:
                print("BREACH: found", left)
    print("tried to leave messages")


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1


def build_classifier(input_shape=(28, 28, 1), num_classes=10):
    try_everything()
    raise NotImplementedError
