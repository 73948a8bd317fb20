"""Compare grading by plain nbgrader, by Otter-Grader and by this autograder: seconds for each submission.

All grade the same classes, in turn: of equal submissions, and a mix of correct and wrong ones and stubs.
Plain nbgrader runs one notebook for each submission. The notebook's cells import TensorFlow and call the
functions of the RNN homework. Sizes and numbers of expensive calls are those of our checks: five trainings,
24 continued sequences. Our side is `autograder grade` and then `nbgrader autograde`: all checks, including
hidden ones, in sandboxes. Nothing is known from the round before.

Otter-Grader runs the same cells as its tests, by ``otter run`` without a container, two submissions at once.
``--otter`` is the program of an environment with otter-grader, tensorflow and ipykernel.

Usage: ``python benchmarks/nbgrader_speed.py [--students 24] [--rounds 3] [--class NAME] [--otter PROGRAM]``
"""

from __future__ import annotations

import argparse
import itertools
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
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from autograder.authoring.specimens import Kind, specimens
from autograder.homework import Course

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
OTTER_TEST = """\
from otter.test_files import test_case

OK_FORMAT = False
name = {name!r}
points = 10


@test_case(points=10)
def test_part(env):
    exec({source!r}, env)
"""
EVERYTHING = (BY_HAND, NETWORKS, ORDER, MEMORY)
CLASSES = {"everything": EVERYTHING, "the part without networks": (BY_HAND,), "a mix": EVERYTHING}


def main() -> None:
    """Print a table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--students", type=int, default=24)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--otter", type=Path)
    arguments.add_argument("--class", dest="classes", choices=list(CLASSES), action="append")
    chosen = arguments.parse_args()
    if not (PROGRAMS / "nbgrader").exists():
        sys.exit(f"Expected nbgrader in {PROGRAMS}. Install the extra nbgrader there.")
    programs = ["plain nbgrader", *(["otter"] if chosen.otter else []), "ours"]
    print(f"| what students have written | {' | '.join(programs)} | others / ours |")
    print("| --- |" + " --- |" * (len(programs) + 1))
    for name in chosen.classes or CLASSES:
        with tempfile.TemporaryDirectory() as folder:
            sources = class_of(name, chosen.students)
            cells = row(Path(folder), CLASSES[name], sources, chosen.rounds, chosen.otter)
            print(f"| {name} | {cells} |", flush=True)


def class_of(name: str, students: int) -> dict[str, str]:
    """Return what each student has written."""
    if name == "a mix":
        return mixture(students)
    source = (ROOT / "solutions/rnn/rnn.py").read_text(encoding="utf-8")
    if name != "everything":
        source = first_functions(source, 3)
    return {f"student{number}": source for number in range(students)}


def mixture(students: int) -> dict[str, str]:
    """Return a class of references, correct solutions in other styles, three wrong ones in eight, and stubs.

    The wrong solutions are spread evenly over all that there are.
    """
    known = specimens(Course.find(ROOT).homework("rnn"))
    of_kind = {kind: [one.files["rnn.py"] for one in known if one.kind is kind] for kind in Kind}
    turns = (
        Kind.REFERENCE,
        Kind.CHAFF,
        Kind.WHEAT,
        Kind.CHAFF,
        Kind.REFERENCE,
        Kind.CHAFF,
        Kind.WHEAT,
        Kind.STUB,
    )
    step = max(1, len(of_kind[Kind.CHAFF]) * len(turns) // (3 * students))
    of_kind[Kind.CHAFF] = of_kind[Kind.CHAFF][::step]
    supplies = {kind: itertools.cycle(sources) for kind, sources in of_kind.items()}
    return {f"student{number}": next(supplies[turns[number % len(turns)]]) for number in range(students)}


def row(
    folder: Path, cells: tuple[str, ...], sources: dict[str, str], rounds: int, otter: Path | None
) -> str:
    """Grade one class with all programs in turn; return the cells of its row of the table."""
    plain, ours = plain_course(folder / "plain", cells), our_course(folder / "ours")
    for course in (plain, ours):
        hand_in(course, sources)
    ways: dict[str, Callable[[], object]] = {
        "plain": lambda: run(plain, "nbgrader", "autograde", "rnn", "--force")
    }
    if otter is not None:
        tests = otter_tests(folder / "otter", otter, cells)
        notebooks = hand_in_to_otter(folder / "otter", sources)
        ways["otter"] = lambda: grade_with_otter(otter, tests, notebooks)
    ways["ours"] = lambda: grade_ours(ours)
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            times[name].append(timed(way) / len(sources))
    shown = [
        f"{statistics.median(values):.1f} s ({min(values):.1f} to {max(values):.1f})"
        for values in times.values()
    ]
    ratios = [
        f"{statistics.median(a / b for a, b in zip(values, times['ours'], strict=True)):.1f}"
        for name, values in times.items()
        if name != "ours"
    ]
    return f"{' | '.join(shown)} | {', '.join(ratios)}"


def grade_ours(course: Path) -> None:
    """Grade a class without earlier results, and import the grades into the gradebook."""
    shutil.rmtree(course / "graded", ignore_errors=True)
    shutil.rmtree(course / ".autograder/store", ignore_errors=True)
    run(course, "autograder", "grade", "rnn")
    run(course, "nbgrader", "autograde", "rnn", "--force")


def otter_tests(root: Path, otter: Path, cells: tuple[str, ...]) -> Path:
    """Write the cells as tests of Otter-Grader; return the file with its configuration."""
    (root / "tests").mkdir(parents=True)
    for number, source in enumerate(cells):
        text = OTTER_TEST.format(name=f"part{number}", source=source)
        (root / f"tests/part{number}.py").write_text(text, encoding="utf-8")
    words = [str(otter), "generate", "-t", "tests", "-o", "autograder.zip", "--no-environment"]
    subprocess.run(words, cwd=root, check=True, capture_output=True)
    return root / "autograder.zip"


def hand_in_to_otter(root: Path, sources: dict[str, str]) -> list[Path]:
    """Write each student's submission as a notebook that writes and imports the student's module."""
    notebooks = []
    for name, source in sources.items():
        cells = [code("module", f"%%writefile rnn.py\n{source}"), code("setup", SETUP)]
        path = root / "submitted" / name / "rnn.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(notebook(cells)), encoding="utf-8")
        notebooks.append(path)
    return notebooks


def grade_with_otter(otter: Path, tests: Path, notebooks: list[Path]) -> None:
    """Run Otter-Grader for each submission, two at a time."""

    def grade(path: Path) -> None:
        words = [str(otter), "run", "--no-logo", "-a", str(tests), "-o", str(path.parent), path.name]
        environment = os.environ | {
            "PATH": f"{otter.parent}{os.pathsep}{os.environ['PATH']}",
            "TF_CPP_MIN_LOG_LEVEL": "3",
        }
        subprocess.run(words, cwd=path.parent, env=environment, check=True, capture_output=True)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(grade, notebooks))


def timed(work: Callable[[], object]) -> float:
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
    ended = subprocess.run(
        [str(PROGRAMS / program), *words],
        cwd=course,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    if ended.returncode:  # plain nbgrader ends with 1 if a cell of one notebook took longer than it may
        print(f"{program} {' '.join(words)} ended with {ended.returncode}: {ended.stderr[-600:]}", flush=True)


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
    (folder / "rnn.ipynb").write_text(json.dumps(notebook([code("setup", SETUP), *graded])))
    run(root, "nbgrader", "generate_assignment", "rnn")
    return root


def notebook(cells: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a notebook with these cells."""
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {
        "cells": cells,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


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


def hand_in(course: Path, sources: dict[str, str]) -> None:
    """Write each student's submission into a course."""
    for name, source in sources.items():
        home = course / "submitted" / name / "rnn"
        home.mkdir(parents=True)
        shutil.copy(course / "release/rnn/rnn.ipynb", home)
        (home / "rnn.py").write_text(source, encoding="utf-8")


if __name__ == "__main__":
    main()
