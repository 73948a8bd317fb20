"""Compare grading by plain nbgrader and by this autograder: seconds for each submission, and the ratio.

Both grade the same class, in turn. Plain nbgrader runs one notebook for each submission. The notebook's cells
import TensorFlow and call the functions of the RNN homework. Sizes and numbers of expensive calls are those
of our checks: five trainings, 24 continued sequences. Our side is `autograder grade` and then
`nbgrader autograde`: all checks, including hidden ones, in sandboxes.

Usage: ``python benchmarks/nbgrader_speed.py [--students 6] [--rounds 3]``
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = Path(sys.executable).parent
PLAIN_CONFIG = "c = get_config()\nc.CourseDirectory.root = {root!r}\nc.ExecutePreprocessor.timeout = 600\n"
SETUP = """\
import keras
import numpy as np
import rnn

rng = np.random.default_rng(0)
"""
BY_HAND = """\
x, h, c = rng.normal(size=(2, 3)), rng.normal(size=(2, 4)), rng.normal(size=(2, 4))
kernel, recurrent, bias = rng.normal(size=(3, 16)), rng.normal(size=(4, 16)), rng.normal(size=16)
new_h, new_c = rnn.lstm_step(x, h, c, kernel, recurrent, bias)
assert new_h.shape == new_c.shape == (2, 4)
inputs = rng.normal(size=(2, 30, 3)).astype("float32")
layer = keras.layers.LSTM(4, return_sequences=True)
layer.build(inputs.shape)
layer.set_weights([kernel, recurrent, bias])
hidden, cells = rnn.lstm_forward(inputs, kernel, recurrent, bias)
np.testing.assert_allclose(hidden, layer(inputs), rtol=1e-4, atol=1e-5)
windows, targets = rnn.make_windows(np.arange(8), 3)
assert windows.tolist() == [[0, 1, 2], [3, 4, 5]]
"""
NETWORKS = """\
there_and_back = np.concatenate([np.arange(10), np.arange(8, 0, -1)])
text = np.stack([there_and_back[(start + np.arange(29)) % 18] for start in range(18)], axis=1)
windows, targets = np.eye(10, dtype="float32")[text[:-1]][:, :, None], text[1:, :, None].astype("int32")
model = rnn.build_stateful_lstm(18, 1, 10, 32, 10)
losses = rnn.train_stateful(model, windows, targets, epochs=20)
assert losses[-1] < losses[0]
assert (rnn.predict_stateful(model, windows)[1:].argmax(-1) == targets[1:]).mean() > 0.9
writer = rnn.build_stateful_lstm(1, 1, 10, 32, 10)
writer.set_weights(model.get_weights())
for start in range(16):
    assert len(rnn.generate(writer, [int(there_and_back[start]), int(there_and_back[start + 1])], 9)) == 9
small = rnn.build_stateful_lstm(1, 1, 7, 6, 7)
for start in ([1], [4, 2, 5], [0, 6], [3, 3, 1, 2], [6, 0, 5, 1], [2], [4, 2, 5], [4, 2, 5]):
    assert len(rnn.generate(small, start, 6)) == 6
"""
ORDER = """\
windows = rng.normal(size=(4, 16, 3, 3)).astype("float32")
targets = rng.integers(0, 6, size=(4, 16, 3)).astype("int32")
networks = [rnn.build_stateful_lstm(16, 3, 3, 8, 6) for _ in range(3)]
assert len(rnn.train_stateful(networks[0], windows, targets, epochs=2)) == 2
assert len(rnn.train_stateful(networks[1], windows, targets, epochs=1)) == 1
before = rnn.predict_stateful(networks[2], windows)
assert np.abs(rnn.predict_stateful(networks[2], windows) - before).max() < 1e-6
assert len(rnn.train_stateful(networks[2], windows, targets, epochs=1)) == 1
"""
MEMORY = """\
fires = rng.random((32, 500)) < 0.12
fires[:, 0] = True
which = rng.integers(0, 4, size=fires.shape)
last = np.maximum.accumulate(np.where(fires, np.arange(500), 0), axis=1)
pulses = (np.eye(4, dtype="float32")[which] * fires[..., None]).reshape(32, 100, 5, 4).swapaxes(0, 1)
answers = np.take_along_axis(which, last, axis=1).reshape(32, 100, 5).swapaxes(0, 1).astype("int32")
model = rnn.build_stateful_lstm(32, 5, 4, 16, 4)
losses = rnn.train_stateful(model, pulses.astype("float32"), answers, epochs=12)
assert (rnn.predict_stateful(model, pulses.astype("float32")).argmax(-1) == answers).mean() > 0.9
"""
CLASSES = {"everything": (BY_HAND, NETWORKS, ORDER, MEMORY), "the part without networks": (BY_HAND,)}


def main() -> None:
    """Print a table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--students", type=int, default=6)
    arguments.add_argument("--rounds", type=int, default=3)
    chosen = arguments.parse_args()
    print("| what students have written | plain nbgrader | ours | ratio |\n| --- | --- | --- | --- |")
    for name, cells in CLASSES.items():
        with tempfile.TemporaryDirectory() as folder:
            print(f"| {name} | {row(Path(folder), cells, chosen.students, chosen.rounds)} |", flush=True)


def row(folder: Path, cells: tuple[str, ...], students: int, rounds: int) -> str:
    """Grade one class with both programs in turn; return the cells of its row of the table."""
    source = (ROOT / "solutions/rnn/rnn.py").read_text(encoding="utf-8")
    if len(cells) == 1:
        source = first_functions(source, 3)
    names = [f"student{number}" for number in range(students)]
    plain, ours = plain_course(folder / "plain", cells), our_course(folder / "ours")
    for course in (plain, ours):
        hand_in(course, names, source)
    times: dict[str, list[float]] = {"plain": [], "ours": []}
    for _ in range(rounds):
        times["plain"].append(timed(lambda: run(plain, "nbgrader", "autograde", "rnn", "--force")))
        times["ours"].append(timed(lambda: grade_ours(ours)))
    each = {name: [seconds / students for seconds in values] for name, values in times.items()}
    ratio = statistics.median(a / b for a, b in zip(each["plain"], each["ours"], strict=True))
    shown = {
        name: f"{statistics.median(values):.1f} s ({min(values):.1f} to {max(values):.1f})"
        for name, values in each.items()
    }
    return f"{shown['plain']} | {shown['ours']} | {ratio:.1f}"


def grade_ours(course: Path) -> None:
    """Grade a class without earlier results, and import the grades into the gradebook."""
    shutil.rmtree(course / "graded", ignore_errors=True)
    run(course, "autograder", "grade", "rnn")
    run(course, "nbgrader", "autograde", "rnn", "--force")


def timed(work: Callable[[], None]) -> float:
    """Return the wall time of a function call, in seconds."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def run(course: Path, program: str, *words: str) -> None:
    """Run a program in a course."""
    environment = os.environ | {
        "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    subprocess.run(
        [str(PROGRAMS / program), *words], cwd=course, env=environment, check=True, capture_output=True
    )


def first_functions(source: str, count: int) -> str:
    """Return a reference in which only the first ``count`` functions are implemented."""
    regions = iter(range(100))
    pattern = re.compile(r"( +)### BEGIN SOLUTION\n.*?### END SOLUTION\n", re.DOTALL)
    return pattern.sub(
        lambda region: region[0] if next(regions) < count else f"{region[1]}raise NotImplementedError\n",
        source,
    )


def our_course(root: Path) -> Path:
    """Copy this course to ``root`` and release the RNN homework."""
    for name in ("assignments", "solutions"):
        shutil.copytree(ROOT / name, root / name)
    shutil.copy(ROOT / "nbgrader_config.py", root)
    run(root, "nbgrader", "generate_assignment", "rnn")
    return root


def plain_course(root: Path, cells: tuple[str, ...]) -> Path:
    """Make a course as in nbgrader's manual: the tests are in locked cells, which autograding runs."""
    folder = root / "source/rnn"
    folder.mkdir(parents=True)
    (root / "nbgrader_config.py").write_text(PLAIN_CONFIG.format(root=str(root)))
    graded = [code(f"part{number}", source, points=10) for number, source in enumerate(cells)]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = {
        "cells": [code("setup", SETUP), *graded],
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    (folder / "rnn.ipynb").write_text(json.dumps(notebook))
    run(root, "nbgrader", "generate_assignment", "rnn")
    return root


def code(name: str, source: str, points: int | None = None) -> dict[str, Any]:
    """Return a code cell; with ``points``, a graded one."""
    graded = {"grade": True, "grade_id": name, "locked": True, "points": points, "schema_version": 3}
    metadata = {} if points is None else {"nbgrader": graded | {"solution": False, "task": False}}
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": name,
        "metadata": metadata,
        "outputs": [],
        "source": source,
    }


def hand_in(course: Path, names: list[str], source: str) -> None:
    """Write one submission for each student into a course."""
    for name in names:
        home = course / "submitted" / name / "rnn"
        home.mkdir(parents=True)
        shutil.copy(course / "release/rnn/rnn.ipynb", home)
        (home / "rnn.py").write_text(source, encoding="utf-8")


if __name__ == "__main__":
    main()
