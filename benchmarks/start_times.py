"""Measure the time to start confined student code, and the start of the command.

Run: ``python benchmarks/start_times.py [--rounds N] [--starts N]``. Needs Linux.

1. *Milliseconds to confined student code*: from sending a job to the first line of the student's function.
   Both processes read the same monotonic clock.
2. *Milliseconds of* ``autograder --help``, as a whole process.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time

from autograder.sandbox.client import Zygote
from autograder.sandbox.limits import Limits
from autograder.sandbox.protocol import Call, Returned, Setup
from autograder.sandbox.runner import Job
from autograder.sandbox.tier import probe
from autograder.sandbox.visible import VisiblePaths

_CLOCK = "import time\n\ndef now():\n    return time.monotonic()\n"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--starts", type=int, default=100)
    options = parser.parse_args()
    _report_help(options.rounds)
    with Zygote(VisiblePaths.for_this_python(), probe().tier) as zygote:
        _report_starts(zygote, options.starts)


def _report_help(count: int) -> None:
    """Print the time of ``autograder --help``."""
    seconds = []
    for _ in range(count + 1):
        started = time.monotonic()
        subprocess.run([sys.executable, "-m", "autograder", "--help"], stdout=subprocess.DEVNULL, check=True)
        seconds.append(time.monotonic() - started)
    print(f"autograder --help: median {1000 * statistics.median(seconds[1:]):.0f} ms, of {count}")


def _report_starts(zygote: Zygote, count: int) -> None:
    """Print the time from sending a job to the first line of confined student code."""
    job = Job(Setup({"cnn.py": _CLOCK}, "cnn", 0), Limits(), (Call("now", [], {}),))
    milliseconds = []
    for _ in range(count):
        started = time.monotonic()
        now = zygote.run(job).outcomes[-1]
        assert isinstance(now, Returned)
        milliseconds.append(1000 * (now.value - started))
    milliseconds.sort()
    print(
        f"to confined student code: median {statistics.median(milliseconds):.1f} ms, "
        f"p90 {milliseconds[int(0.9 * count)]:.1f} ms, of {count}"
    )


if __name__ == "__main__":
    main()
