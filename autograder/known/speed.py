"""How fast this machine is: what converts processor seconds of one machine, or day, to those of another."""

from __future__ import annotations

import time
from functools import cache
from typing import Final

import numpy as np

_ROUNDS: Final = 5


@cache
def machine_measure() -> float:
    """Return the processor seconds that a fixed piece of work takes on this machine now.

    The work is a loop in Python and sums in NumPy, about as a small training mixes them. It takes 10 to 20 ms
    and is done five times; the fastest counts, because other programs only ever slow it down. It is measured
    once in each process.
    """
    return min(_seconds() for _ in range(_ROUNDS))


def _seconds() -> float:
    """Return the processor seconds of this thread for the work, done once."""
    numbers = np.linspace(0.0, 1.0, 100_000)
    started = time.thread_time()
    total = 0.0
    for step in range(20):  # one thread: no operation here is a matrix product
        total += float(np.sqrt(numbers + step).sum())
        total += sum(index * 0.5 for index in range(2500))
    return time.thread_time() - started
