"""A cheat: looks for the reference, grades, classmates and secrets instead of doing the work.

Only `conv_output_size` is its own. When the module is imported, and again in every other function, it searches
for `solutions/cnn/cnn.py` and hands that out as its work; it reads grade files, other folders with a `cnn.py` and
the environment, writes a grade for itself, and calls out to the network. What must happen: `conv_output_size`
is right, and everything else is not attempted, because there was nothing to be found. An error that begins with
"Reached" says what was within reach.

It overwrites nothing, and the address it calls is reserved for documentation (RFC 5737).

Fails: conv2d_example, max_pool2d_example, classifier_layers, conv2d_values, conv2d_stride, conv2d_padding,
max_pool2d_values
"""

import contextlib
import importlib.util
import os
import socket
from pathlib import Path

HERE = Path(__file__).resolve()
FORGED = '{"schema": 1, "student": "cheat", "homework": "cnn", "status": "graded", "score": 40}\n'


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size - kernel_size + 2 * padding) // stride + 1


def folders():
    """Yield every folder from here, from the working directory and from other processes' upwards."""
    starts = [HERE.parent, Path(os.environ.get("HOME", "/"))]
    with contextlib.suppress(OSError):
        for link in (Path.cwd(), *Path("/proc").glob("[0-9]*/cwd")):
            with contextlib.suppress(OSError):
                starts.append(link.resolve(strict=True))
    for start in starts:
        yield from (start, *start.parents)


def readable(path):
    """Return a file's text, or nothing."""
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def find_reference():
    """Return the reference as a module, if any copy can be read."""
    for folder in folders():
        for path in (folder / "solutions" / "cnn" / "cnn.py", folder / "cnn" / "cnn.py", folder / "cnn.py"):
            if "\n    ### BEGIN SOLUTION\n" in readable(path):
                spec = importlib.util.spec_from_file_location("reference", path)
                reference = importlib.util.module_from_spec(spec)
                spec.loader.exec_module(reference)
                return reference
    return None


def find_secrets():
    """Return names of grade files, classmates' files and environment secrets that can be read."""
    found = set()
    for folder in folders():
        for name in ("grades.csv", "results.jsonl", "gradebook.db", "test_hidden.py", "calibration.json"):
            if readable(folder / name) not in ("", FORGED):
                found.add(name)
        with contextlib.suppress(OSError):
            found.update(f"a classmate: {path}" for path in folder.glob("s[0-9]*/cnn.py") if path != HERE)
    for names in (os.environ, readable(Path(f"/proc/{os.getppid()}/environ")).split("\0")):
        for name in names:
            name = name.partition("=")[0]
            if any(word in name.upper() for word in ("SECRET", "TOKEN", "PASSWORD")):
                found.add(f"environment: {name}")
    return found


def forge_a_grade():
    """Leave a grade wherever one might be picked up."""
    for folder in (HERE.parent, HERE.parent.parent, Path()):
        with contextlib.suppress(OSError), open(folder / "results.jsonl", "x") as file:
            file.write(FORGED)


def call_out():
    """Return what answered, if anything did."""
    try:
        socket.create_connection(("192.0.2.1", 80), timeout=0.5).close()
    except OSError:
        return set()
    return {"the network"}


def cheat(function):
    """Return that function of the reference, or give up."""
    reference = find_reference()
    if reference is not None:
        return getattr(reference, function)
    reached = find_secrets() | call_out()
    forge_a_grade()
    if reached:
        raise RuntimeError(f"Reached {', '.join(sorted(reached))}")
    raise NotImplementedError


with contextlib.suppress(NotImplementedError, RuntimeError):
    cheat("conv2d")


def conv2d(images, kernels, biases, stride=1, padding=0):
    return cheat("conv2d")(images, kernels, biases, stride, padding)


def max_pool2d(images, pool_size=2, stride=None):
    return cheat("max_pool2d")(images, pool_size, stride)


def build_classifier(input_shape=(28, 28, 1), num_classes=10):
    return cheat("build_classifier")(input_shape, num_classes)


def train_classifier(model, images, labels, *, epochs, batch_size, seed):
    return cheat("train_classifier")(model, images, labels, epochs=epochs, batch_size=batch_size, seed=seed)


def feature_maps(model, images):
    return cheat("feature_maps")(model, images)
