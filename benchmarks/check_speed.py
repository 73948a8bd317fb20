"""Measure how long a student waits for ``autograder check`` after an edit of one function.

Run: ``python benchmarks/check_speed.py [NAME …] [--rounds N] [--before CHECKOUT]`` in an environment with the
extra ``tf``. The student has solved everything, and all checks have run before. Then one function is edited
which no training calls. Every function of the GAN homework that a public check calls is part of its training,
so there only the checks of the edited function are run, where the command can do that. In turn, in one run,
in seconds:

- *before*: the command of another commit, see ``grading_cost.py``;
- *check*: the command of this one; it starts anew each time;
- *watch*: ``autograder check --watch``, from saving the file to the last line of the verdicts.
"""

from __future__ import annotations

import argparse
import ast
import itertools
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Self

ROOT = Path(__file__).resolve().parent.parent
EDITED = {
    "cnn": ("cnn.py", "conv2d"),
    "rnn": ("rnn.py", "lstm_step"),
    "gan": ("gan.py", "discriminator_loss"),
}
ALONE = {"gan": ("--only", "discriminator_loss")}
LONGEST_SECONDS = 900
WAITING = "Waiting until"
POINTS = ("public points", "points of these checks")
_numbers = itertools.count()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("homeworks", nargs="*", default=list(EDITED))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--before", type=Path)
    options = parser.parse_args()
    for name in options.homeworks:
        with tempfile.TemporaryDirectory() as folder:
            times = _measure(name, Path(folder), options.rounds, options.before)
        print(f"\n{name}, an edit of {EDITED[name][1]}: seconds, median (range) of {options.rounds} rounds")
        for what, each in times.items():
            print(f"  {what}: {statistics.median(each):.1f} ({min(each):.1f} to {max(each):.1f})", flush=True)


def _measure(name: str, folder: Path, rounds: int, before: Path | None) -> dict[str, list[float]]:
    """Return the seconds of each round."""
    ways: dict[str, Callable[[], float]] = {}
    if before is not None:
        home = _student(name, before, folder / "before" / name)
        python = before.resolve() / ".venv/bin/python"
        ways["before"] = _command(
            [str(python), "-m", "autograder", "check", name, str(home)], before, home, name
        )
    words = [sys.executable, "-u", "-m", "autograder", "check", name]
    home = _student(name, ROOT, folder / "now" / name)
    ways["check"] = _command([*words, str(home), *ALONE.get(name, ())], ROOT, home, name)
    times: dict[str, list[float]] = defaultdict(list)
    home = _student(name, ROOT, folder / "watch" / name)
    with _Watch([*words, str(home), "--watch", *ALONE.get(name, ())], home, name) as watch:
        ways["watch"] = watch.edit
        for _ in range(rounds):
            for what, measure in ways.items():
                times[what].append(measure())
    return times


def _student(name: str, root: Path, folder: Path) -> Path:
    """Write the folder of a student who has solved everything."""
    shutil.copytree(root / "assignments" / name, folder)
    for path in folder.glob("*.py"):
        if (solved := root / "solutions" / name / path.name).exists():
            shutil.copy(solved, path)
    return folder


def _edit(name: str, folder: Path) -> None:
    """Add a statement to the body of one function."""
    file, function = EDITED[name]
    path = folder / file
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    [node] = [
        node
        for node in ast.parse("".join(lines)).body
        if isinstance(node, ast.FunctionDef) and node.name == function
    ]
    lines.insert((node.body[0].end_lineno or 0), f"    edited = {next(_numbers)}\n")
    path.write_text("".join(lines), encoding="utf-8")


def _environment(home: Path) -> dict[str, str]:
    """Return an environment in which nothing is known from an earlier benchmark."""
    return os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "XDG_CACHE_HOME": str(home.parent / "cache")}


def _command(words: list[str], root: Path, home: Path, name: str) -> Callable[[], float]:
    """Run the checks once by a command; return a function that measures an edit."""

    def run() -> float:
        started = time.monotonic()
        ended = subprocess.run(
            words, cwd=root, env=_environment(home), capture_output=True, text=True, check=False
        )
        if ended.returncode:
            sys.exit(f"Expected {' '.join(words)} to succeed. Received: {ended.stdout}{ended.stderr}")
        return time.monotonic() - started

    def edit() -> float:
        _edit(name, home)
        return run()

    run()
    return edit


class _Watch:
    """``autograder check --watch`` in a student's folder, after its first run."""

    def __init__(self, words: list[str], home: Path, name: str) -> None:
        self._name, self._home = name, home
        self._process = subprocess.Popen(
            words, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=_environment(home)
        )
        self._wait(*POINTS)
        self._wait(WAITING)

    def edit(self) -> float:
        """Edit the function; return the seconds until its verdict is there."""
        time.sleep(1)  # the wait for a change has begun
        _edit(self._name, self._home)
        started = time.monotonic()
        self._wait(*POINTS)
        seconds = time.monotonic() - started
        self._wait(WAITING)
        return seconds

    def _wait(self, *texts: str) -> None:
        """Read lines until one holds one of the texts."""
        assert self._process.stdout is not None
        stop = threading.Timer(LONGEST_SECONDS, self._process.terminate)
        stop.start()
        try:
            for line in self._process.stdout:
                if any(text in line for text in texts):
                    return
        finally:
            stop.cancel()
        sys.exit(f"Expected a line with {texts[0]!r}. The command ended, or was stopped.")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()


if __name__ == "__main__":
    main()
