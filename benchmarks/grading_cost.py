"""Measure what grading costs: CPU-seconds of a correct and of a wrong submission, beside bare trainings.

Run: ``python benchmarks/grading_cost.py [NAME …] [--rounds N] [--before CHECKOUT]`` in an environment with
the extra ``tf``. Needs Linux. For each homework, in turn and in one run:

- *correct*: the reference; *wrong*: a typical wrong solution, which trains in vain. Both are graded by
  ``autograder grade`` from nothing. The figures are those of ``results.jsonl``: processor time of the jobs of
  the submission, of our networks on what it returned, and of the process that judges it. The reference's jobs
  are not in them: they run once for a class.
- *trainings*: the trainings of the reference alone, see ``bare_trainings.py``. The rest of *correct* is what
  everything else costs.

``--before`` is a checkout of another commit with an environment in its ``.venv``, whose ``autograder`` does
the same: ``git worktree add CHECKOUT COMMIT``, then ``uv sync --extra tf`` there.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from bare_trainings import bare_seconds, training_jobs
from copied_course import ROOT, copied_course

from autograder.authoring.specimens import named, specimens
from autograder.homework import Course, SolvedHomework

WRONG = {"cnn": "chaff-tiny_learning_rate", "rnn": "chaff-tiny_learning_rate", "gan": "chaff-no_averaging"}
"""A wrong solution of each homework that trains as long as a correct one, and misses a threshold."""
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
Figures = dict[str, list[float]]


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("homeworks", nargs="*", default=list(WRONG))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--before", type=Path)
    options = parser.parse_args()
    if not ONE_THREAD.items() <= os.environ.items():  # NumPy reads them when it is imported
        words = [sys.executable, *sys.argv]
        sys.exit(subprocess.run(words, env=os.environ | ONE_THREAD, check=False).returncode)
    checkouts = {"now": (ROOT, Path(sys.executable))}
    if options.before is not None:
        before = options.before.resolve()
        checkouts = {"before": (before, before / ".venv/bin/python"), **checkouts}
    for name in options.homeworks:
        homework = Course(ROOT).homework(name)
        _report(name, _measure(homework, checkouts, options.rounds), list(checkouts))


def _measure(homework: SolvedHomework, checkouts: dict[str, tuple[Path, Path]], rounds: int) -> Figures:
    """Return CPU-seconds of each round by what they are of."""
    jobs = training_jobs(homework)
    figures: Figures = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        submitted = Path(folder) / "submitted"
        checkouts["now"] = copied_course(Path(folder), [homework.name]).root, checkouts["now"][1]
        for specimen in named(specimens(homework), ["reference", WRONG[homework.name]]):
            home = specimen.lay_out(submitted)
            for (
                file
            ) in homework.files:  # a wrong solution may come without the files that it does not concern
                if not (home / file).exists():
                    shutil.copy(homework.solution / file, home)
        bare_seconds(jobs)  # the first time fills caches
        for _ in range(rounds):
            for name, (root, python) in checkouts.items():
                fresh = name == "now"  # an older command may have no store and no such option
                for student, seconds in _grade(homework.name, submitted, root, python, fresh).items():
                    figures[f"{name} {'correct' if student == 'reference' else 'wrong'}"].append(seconds)
            figures["trainings"].append(bare_seconds(jobs))
    return figures


def _grade(homework: str, submitted: Path, root: Path, python: Path, fresh: bool) -> dict[str, float]:
    """Grade from nothing by the program of a checkout; return the CPU-seconds of each submission."""
    out = submitted.parent / "graded"
    shutil.rmtree(out, ignore_errors=True)
    words = ["grade", homework, str(submitted), "--out", str(out), "--jobs", "1"]
    if fresh:
        words.append("--fresh")
    ended = subprocess.run(
        [str(python), "-m", "autograder", *words], cwd=root, capture_output=True, text=True, check=False
    )
    if ended.returncode:
        sys.exit(f"Expected {python} -m autograder {' '.join(words)} to succeed. Received: {ended.stderr}")
    lines = (out / "results.jsonl").read_text(encoding="utf-8").splitlines()
    return {record["student"]: record["cpu_seconds"] for record in map(json.loads, lines)}


def _report(homework: str, figures: Figures, names: list[str]) -> None:
    """Print the medians of one homework, and of the ratios of each round."""
    print(f"\n{homework}, CPU-seconds, median (range) of {len(figures['trainings'])} rounds in turn")
    for what, each in figures.items():
        print(f"  {what}: {statistics.median(each):.1f} ({min(each):.1f} to {max(each):.1f})")
    for name in names:
        pairs = list(zip(figures[f"{name} correct"], figures["trainings"], strict=True))
        ratio = statistics.median(graded / bare for graded, bare in pairs)
        print(
            f"  {name}: correct / trainings {ratio:.2f}, so all the rest is {ratio - 1:+.0%} of the trainings"
        )
    if len(names) == 2:
        for what in ("correct", "wrong"):
            pairs = list(zip(figures[f"now {what}"], figures[f"before {what}"], strict=True))
            print(f"  {what}, now / before: {statistics.median(a / b for a, b in pairs):.2f}", flush=True)


if __name__ == "__main__":
    main()
