"""How fast this machine is: what converts processor seconds of one machine, or day, to those of another."""

from __future__ import annotations

import contextlib
import json
import platform
import statistics
import time
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np

from autograder._files import remove_abandoned, write_atomically

_ROUNDS: Final = 5
_STEPS: Final = 660
_KEPT: Final = 9
_MACHINES: Final = 100
_MOST_SECONDS: Final = 1e6
_FILE: Final = "machines.json"


def measure_now() -> float:
    """Return the processor seconds that a fixed training takes on this machine now.

    A small network of two layers is trained in NumPy, 660 steps with batches of 32. The arrays are so small
    that NumPy computes with one thread. It takes 10 to 40 ms and is done five times; the fastest counts,
    because other programs only ever slow it down.
    """
    return min(_seconds() for _ in range(_ROUNDS))


@cache
def machine_measure() -> float:
    """Return `measure_now`, measured once in each process."""
    return measure_now()


@cache  # each process adds one measure
def usual_measure(folder: Path) -> float:
    """Return the measure of this machine for limits: today's or the usual one, whichever is larger.

    The last measures of each machine are kept, so that one lucky moment does not make limits smaller.

    Args:
        folder: the folder in which they are kept; it may be missing or read-only.
    """
    now, name, path = machine_measure(), platform.node() or "unknown", folder / _FILE
    kept = _read(path)
    measures = [*kept.get(name, []), now][-_KEPT:]
    with contextlib.suppress(OSError):
        kept.pop(name, None)
        kept[name] = measures  # the last one, so that machines that are not used any more are dropped first
        remove_abandoned(folder)
        write_atomically(path, json.dumps(dict(list(kept.items())[-_MACHINES:])).encode())
    return max(now, statistics.median(measures))


def _read(path: Path) -> dict[str, list[float]]:
    """Return machine → its last measures; without what is damaged."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    lists = content.items() if isinstance(content, dict) else ()
    return {
        name: [float(each) for each in values if isinstance(each, int | float) and 0 < each < _MOST_SECONDS]
        for name, values in lists
        if isinstance(values, list)
    }


def _seconds() -> float:
    """Return the processor seconds of this thread for the training, done once.

    The gradients are those of the cross-entropy of a softmax after one hidden layer of rectified units.
    """
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(32, 64)).astype("float32")
    hidden = (0.05 * rng.normal(size=(64, 64))).astype("float32")
    output = (0.1 * rng.normal(size=(64, 10))).astype("float32")
    wanted = np.eye(10, dtype="float32")[rng.integers(10, size=32)]
    started = time.thread_time()
    for _ in range(_STEPS):
        features = np.maximum(inputs @ hidden, 0)
        scores = np.exp(features @ output)
        error = (scores / scores.sum(axis=1, keepdims=True) - wanted) / 32
        below = (error @ output.T) * (features > 0)
        output -= 0.1 * features.T @ error
        hidden -= 0.1 * inputs.T @ below
    return time.thread_time() - started
