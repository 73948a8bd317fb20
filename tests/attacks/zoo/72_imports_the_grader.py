"""Imports the grader, its checks and its data, and rewrites what it finds. What the worker itself has
imported is there, as its own copy; the package's other files are not.
"""

import contextlib
import importlib
import sys

for name in list(sys.modules):
    if name.split(".")[0] == "autograder" and name.count(".") > 1:
        for attribute in ("MAX_MESSAGE", "MAX_HEADER", "_MAX_DEPTH", "_LIMITS", "SCRATCH"):
            if hasattr(sys.modules[name], attribute):
                setattr(sys.modules[name], attribute, 1 << 40)
        if ".grading" in name or ".checks" in name or ".datasets" in name:
            print("BREACH: has", name)


def try_everything():
    for name in (
        "datasets",
        "grading.plugin",
        "grading.session",
        "checks",
        "reports.page",
        "authoring.stubs",
        "cli",
    ):
        with contextlib.suppress(ImportError, OSError):
            module = importlib.import_module(f"autograder.{name}")
            print("BREACH: imported", module)
    for name in ("test_hidden", "solutions.cnn.cnn", "tests.attacks.table", "attacks.table"):
        with contextlib.suppress(ImportError, OSError):
            print("BREACH: imported", importlib.import_module(name))
    print("tried to import the grader")


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1


def build_classifier(input_shape=(28, 28, 1), num_classes=10):
    try_everything()
    raise NotImplementedError
