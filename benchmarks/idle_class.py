"""What students whose code only sleeps or spins cost a class.

A class of 30, ten of whom sleep or spin in every function, is graded beside the same class without the ten,
in turn. Half of the ten sleep, half spin; they are spread evenly over the class. One more student spins in
the trainings only; that submission is reported apart. The honest submissions are the reference with a comment
that makes each a submission of its own, so nothing is known from one to the next.

    python benchmarks/idle_class.py rnn

Needs the package as an editable installation, as all benchmarks that start commands.
"""

from __future__ import annotations

import argparse
import ast
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from copied_course import ROOT, copied_course

from autograder.cli._common import slots
from autograder.homework import Course, SolvedHomework

SLEEP = "import time\ntime.sleep(10_000)"
SPIN = "while True:\n    pass"


def main() -> None:
    """Grade both classes, and print the wall times, the ratio and whether the honest grades are the same."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("homework", choices=Course(ROOT).homework_names())
    options.add_argument("--honest", type=int, default=20)
    options.add_argument("--idle", type=int, default=10)
    options.add_argument("--jobs", type=int, default=slots())
    chosen = options.parse_args()
    students = chosen.honest + chosen.idle
    idle = {int((number + 0.5) * students / chosen.idle): number for number in range(chosen.idle)}
    with tempfile.TemporaryDirectory() as folder:
        course = copied_course(Path(folder), [chosen.homework])
        homework = course.homework(chosen.homework)
        small, large, one = (Path(folder) / name for name in ("small", "large", "one"))
        for place in range(students):
            name, comment = f"student{place:02}", f"# {place}\n"
            if place in idle:
                hand_in(large / name, homework, SPIN if idle[place] % 2 else SLEEP, comment)
            else:
                for submitted in (small, large):
                    hand_in(submitted / name, homework, "", comment)
        hand_in(one / "trains", homework, SPIN, "", only_training=True)
        without, grades = graded(course, homework.name, small, chosen.jobs)
        with_idle, all_grades = graded(course, homework.name, large, chosen.jobs)
        alone, trains = graded(course, homework.name, one, 1)
    same = all(all_grades[name] == grade for name, grade in grades.items())
    print(
        f"{chosen.honest} honest submissions: {without:.0f} s, scores {sorted(set(grades.values()), key=str)}"
    )
    print(
        f"with {chosen.idle} that sleep or spin: {with_idle:.0f} s, {with_idle / without:.2f} times as long, "
        f"{chosen.jobs} at a time"
    )
    print(f"every honest grade the same: {'yes' if same else 'NO'}")
    others = {score for name, score in all_grades.items() if name not in grades}
    print(f"scores of those that sleep or spin: {sorted(others, key=str)}")
    print(f"one that spins in its trainings only, alone: {alone:.0f} s, scores {trains}")


def hand_in(
    folder: Path, homework: SolvedHomework, body: str, comment: str, *, only_training: bool = False
) -> None:
    """Write the reference as a submission, with ``body`` at the start of its functions.

    Args:
        folder: the new folder.
        homework: the homework.
        body: statements; none if it is empty.
        comment: makes the file another one.
        only_training: only in functions whose name says that they train.
    """
    folder.mkdir(parents=True)
    for name in homework.files:
        tree = ast.parse((homework.solution / name).read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and (not only_training or "train" in node.name):
                node.body = [*ast.parse(body).body, *node.body]
        (folder / name).write_text(comment + ast.unparse(tree), encoding="utf-8")


def graded(
    course: Course, homework: str, submitted: Path, jobs: int
) -> tuple[float, dict[str, float | None]]:
    """Grade a class with nothing known; return the wall seconds, and student → score.

    A score is None where staff are needed; then the command's exit code is 3.
    """
    out = submitted.with_name(f"{submitted.name}-graded")
    command = [sys.executable, "-m", "autograder", "grade", homework, str(submitted), "--fresh"]
    started = time.monotonic()
    ended = subprocess.run([*command, "--out", str(out), "--jobs", str(jobs)], check=False, cwd=course.root)
    seconds = time.monotonic() - started
    if ended.returncode not in (0, 3):
        sys.exit(f"Expected exit code 0 or 3. Received: {ended.returncode}")
    lines = (out / "results.jsonl").read_text(encoding="utf-8").splitlines()
    shutil.rmtree(out)
    return seconds, {record["student"]: record["score"] for record in map(json.loads, lines)}


if __name__ == "__main__":
    main()
