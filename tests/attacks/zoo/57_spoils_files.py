"""Spoils files that it may read, and those it was told of: truncates, renames, removes them, takes their
mode, their times and their attributes. What Landlock cannot forbid the system-call filter or the mounts
do.
"""

import contextlib
import fcntl
import os

TOLD = {}


def attempt(what, path, action):
    with contextlib.suppress(OSError):
        action()
        print("BREACH: could", what, path)


def truncate_by_opening(path):
    os.close(os.open(path, os.O_RDONLY | os.O_TRUNC))


def lease(path):
    with open(path, "rb") as file:
        fcntl.fcntl(file, 1024, 0)  # F_SETLEASE: whoever opens it for writing has to wait


def try_everything():
    for path in TOLD.get("victims", ()):
        attempt("truncate", path, lambda path=path: os.truncate(path, 0))
        attempt("truncate, by opening,", path, lambda path=path: truncate_by_opening(path))
        attempt("change the mode of", path, lambda path=path: os.chmod(path, 0o777))
        attempt("change the mode, by its folder, of", path, lambda path=path: chmod_at(path))
        attempt("change the times of", path, lambda path=path: os.utime(path, (0, 0)))
        attempt("change the owner of", path, lambda path=path: os.chown(path, os.getuid(), os.getgid()))
        attempt("mark", path, lambda path=path: os.setxattr(path, "user.zoo", b"was here"))
        attempt("read marks of", path, lambda path=path: os.removexattr(path, "user.zoo"))
        attempt("lease", path, lambda path=path: lease(path))
        attempt("rename", path, lambda path=path: os.rename(path, path + ".away"))
        attempt("replace", path, lambda path=path: os.replace("cnn.py", path))
        attempt("remove", path, lambda path=path: os.remove(path))
        attempt("put something beside", path, lambda path=path: os.mkdir(path + ".zoo"))
        attempt("link beside", path, lambda path=path: os.symlink("/etc", path + ".link"))
    print("tried to spoil files")


def chmod_at(path):
    folder, name = os.path.split(path)
    handle = os.open(folder, os.O_PATH)
    try:
        os.chmod(name, 0o777, dir_fd=handle)
    finally:
        os.close(handle)


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1


def build_classifier(input_shape=(28, 28, 1), num_classes=10):
    try_everything()
    raise NotImplementedError
