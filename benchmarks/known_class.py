"""How long a class takes that was graded before: unchanged, after a changed message, after changed inputs.

The class handed in the first part of the CNN homework, which needs no training, so that the first grading
is quick. The course is a copy, because its checks are edited. Jobs are counted by the replies that are new in
the store: each job of this class ends by itself, and its reply is kept.

    python benchmarks/known_class.py --students 200
"""

from __future__ import annotations

import argparse
import ast
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from copied_course import ROOT, copied_course

from autograder.grading.plan import STORE

LATER = ("build_classifier", "train_classifier", "feature_maps")
MESSAGE = ("The largest of four negative numbers is negative", "Of four negative numbers one is the largest")
INPUTS = (
    '((2, 9, 9, 1), {"pool_size": 3, "stride": 2})',
    '((2, 9, 8, 1), {"pool_size": 3, "stride": 2})',
)


def main() -> None:
    """Grade the class four times, and print the seconds and the jobs of each run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--students", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        course = copied_course(Path(folder), ["cnn"]).root
        for number in range(options.students):
            hand_in(course / "submitted" / f"s{number:03}", number)
        hidden = course / "solutions/cnn/test_hidden.py"
        print(f"{options.students} submissions of the CNN homework's first part")
        show("first", course)
        show("unchanged", course)
        edit(hidden, *MESSAGE)
        show("one check's message changed", course)
        edit(hidden, *INPUTS)
        show("one check's inputs changed", course)


def hand_in(folder: Path, number: int) -> None:
    """Write the reference's first part as a submission; the rest is not written yet."""
    folder.mkdir(parents=True)
    tree = ast.parse((ROOT / "solutions/cnn/cnn.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in LATER:
            node.body = ast.parse("raise NotImplementedError").body
    (folder / "cnn.py").write_text(f"# {number}\n{ast.unparse(tree)}\n", encoding="utf-8")


def edit(path: Path, old: str, new: str) -> None:
    """Replace one text in a file.

    Raises:
        ValueError: the file does not hold it once.
    """
    text = path.read_text(encoding="utf-8")
    if text.count(old) != 1:
        raise ValueError(f"Expected {old!r} once in {path}.")
    path.write_text(text.replace(old, new), encoding="utf-8")


def show(what: str, course: Path) -> None:
    """Grade the class; print the wall seconds of the command, and how many jobs were run."""
    before = replies(course)
    started = time.monotonic()
    command = [sys.executable, "-m", "autograder", "grade", "cnn", "--course", str(course)]
    subprocess.run(
        command, check=True, stdout=subprocess.DEVNULL, cwd=course, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    seconds = time.monotonic() - started
    print(f"{what}: {seconds:.1f} s, {len(replies(course) - before)} jobs", flush=True)


def replies(course: Path) -> set[str]:
    """Return the names of the replies in the store."""
    return {path.name for path in (course / STORE / "replies").glob("*/*.entry")}


if __name__ == "__main__":
    main()
