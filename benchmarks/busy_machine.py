"""Whether every correct solution gets full marks on a machine that other programs slow down threefold.

Two programs that only spin run on each core, beside one slot for each core. All wheats and the reference are
graded from nothing, with one seed.

    python benchmarks/busy_machine.py rnn cnn gan
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autograder.authoring.selftest import SelfTest
from autograder.authoring.specimens import Kind, specimens
from autograder.cli._common import cores
from autograder.homework import Course
from autograder.sandbox.tier import probe

ROOT = Path(__file__).resolve().parent.parent
SPIN = "while True: pass"


def main() -> None:
    """Grade the wheats of the homeworks, and print for each what it got and how long it took."""
    course = Course(ROOT)
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("homeworks", nargs="*", default=list(course.homework_names()))
    parser.add_argument("--spinners", type=int, default=2 * cores())
    options = parser.parse_args()
    for name in options.homeworks:
        homework = course.homework(name)
        correct = [one.name for one in specimens(homework) if one.kind in (Kind.REFERENCE, Kind.WHEAT)]
        test = SelfTest(course, homework, probe().tier, cores(), seeds=1, only=tuple(correct), fresh=True)
        test.kept().forget()
        started = time.monotonic()
        with spinning(options.spinners):
            verdict = test.run(lambda _: None)
        print(f"{name}: {time.monotonic() - started:.0f} s beside {options.spinners} programs that spin")
        for row in verdict.rows:
            [result] = row.results
            print(
                f"  {row.specimen.name}: {result.score} of {result.max_score:g}, {result.seconds:.0f} s, "
                f"jobs {result.jobs.total:.0f} s; {'; '.join(row.problems) or 'as expected'}"
            )


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
