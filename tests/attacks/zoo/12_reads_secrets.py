"""Looks for the reference, the hidden checks, labels, grades and classmates, everywhere from here upwards
and where it was told they lie. Nothing of it can be read from inside.
"""

import contextlib
import os
import re
from pathlib import Path

TOLD = {}
CANARY = re.compile(rb"canary-[0-9a-f]{16}")
MOST = 4000
NAMES = (
    "autograder/datasets/digits.npz",
    "submitted",
    "solutions/cnn/cnn.py",
    "gradebook.db",
    ".autograder/secret",
)


def folders():
    """Yield folders to search, the promising ones first."""
    here = Path.cwd()
    yield from (Path(path).parent for path in TOLD.get("paths", ()))
    yield from (here, *list(here.parents)[:4])
    yield from (Path(os.environ[name]) for name in ("HOME", "TMPDIR", "PWD", "OLDPWD") if name in os.environ)
    for link in Path("/proc").glob("[0-9]*/cwd"):
        with contextlib.suppress(OSError):
            yield link.resolve(strict=True)
    yield from map(Path, ("/home", "/root", "/tmp", "/srv", "/mnt", "/media", "/var", "/opt", "/run", "/etc"))


def files():
    """Yield files to read: those it was told of, then what it finds."""
    yield from map(Path, TOLD.get("paths", ()))
    seen = set()
    for start in folders():
        count = 0
        for base, inner, names in os.walk(start):
            if base in seen or len(Path(base).parts) - len(start.parts) > 4:
                inner.clear()
                continue
            seen.add(base)
            for name in names:
                yield Path(base, name)
                count += 1
            if count > MOST:
                break


def search():
    looked = 0
    for path in files():
        looked += 1
        try:
            if not path.is_file():
                continue
            with path.open("rb") as file:
                content = file.read(200_000)
        except OSError:
            continue
        if str(path) in TOLD.get("paths", ()):
            print("BREACH: could read", path)
        for canary in CANARY.findall(content):
            print("found", canary.decode(), "in", path)
    for start in folders():
        for name in NAMES:
            looked += 1
            with contextlib.suppress(OSError), (start / name).open("rb"):
                print("BREACH: could open", start / name)
    for path in TOLD.get("folders", ()):
        looked += 1
        with contextlib.suppress(OSError):
            print("BREACH: could list", path, os.listdir(path)[:5])
    print("looked at", looked, "paths")


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1


def build_classifier(input_shape=(28, 28, 1), num_classes=10):
    search()
    raise NotImplementedError


if __name__ == "__main__":
    search()
