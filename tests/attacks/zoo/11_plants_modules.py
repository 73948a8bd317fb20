"""Writes modules of its own where Python might look for numpy, json or a start-up file. No job sees
another's folder, nothing is on the path, and everything is imported before a submission is read.
"""

import sys
from pathlib import Path

for name in ("numpy", "json", "keras", "sitecustomize", "usercustomize", "conftest", "autograder"):
    for folder in (".", "..", *sys.path):
        try:
            Path(folder, f"{name}.py").open("x").write("print('BREACH: a planted module ran')\n")
        except OSError:
            continue
        if folder != ".":
            print("BREACH: planted", name, "in", folder)
sys.path.insert(0, ".")


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1
