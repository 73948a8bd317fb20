"""Whether every correct solution gets full marks on a machine that other programs slow down threefold.

Two programs that only spin run on each core, beside the usual number of slots. All wheats and the reference
are graded from nothing, with one seed, in a copy of the course.

    python benchmarks/busy_machine.py rnn cnn gan
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from copied_course import ROOT, copied_course

from autograder.authoring.selftest import SelfTest
from autograder.authoring.specimens import Kind, specimens
from autograder.cli._common import cores, slots
from autograder.homework import Course
from autograder.sandbox.tier import probe

SPIN = "while True: pass"


def main() -> None:
    """Grade the wheats of the homeworks, and print for each what it got and how long it took."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("homeworks", nargs="*", default=list(Course(ROOT).homework_names()))
    parser.add_argument("--spinners", type=int, default=2 * cores())
    options = parser.parse_args()
    for name in options.homeworks:
        with tempfile.TemporaryDirectory() as folder:
            measure(copied_course(Path(folder), [name]), name, options.spinners)


def measure(course: Course, name: str, spinners: int) -> None:
    """Grade the correct solutions of a homework, and print how each was judged."""
    homework = course.homework(name)
    correct = [one.name for one in specimens(homework) if one.kind in (Kind.REFERENCE, Kind.WHEAT)]
    test = SelfTest(
        course=course, homework=homework, tier=probe().tier, jobs=slots(), seeds=1, only=tuple(correct)
    )
    started = time.monotonic()
    with spinning(spinners):
        verdict = test.run(lambda _: None)
    print(f"{name}: {time.monotonic() - started:.0f} s beside {spinners} programs that spin")
    for row in verdict.rows:
        [result] = row.results
        print(
            f"  {row.specimen.name}: {result.score} of {result.max_score:g}, {result.seconds:.0f} s, "
            f"jobs {result.jobs.total:.0f} s; {'; '.join(row.problems) or 'as expected'}"
        )
    print("\n".join(verdict.problems), flush=True)


@contextmanager
def spinning(count: int) -> Iterator[None]:
    """Run programs that only spin, each in a session of its own, so that the kernel gives each its share."""
    programs = [subprocess.Popen([sys.executable, "-c", SPIN], start_new_session=True) for _ in range(count)]
    try:
        yield
    finally:
        for program in programs:
            program.kill()
            program.wait()


if __name__ == "__main__":
    main()
