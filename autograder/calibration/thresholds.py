"""Thresholds without an assumption about distributions, and how often they fail a correct solution.

A metric of the reference is measured on N fresh seeds; the worst value, less some slack, is the threshold. A
submission is run on fresh seeds of its own, at most R times, and passes with the first run that reaches it.

For a solution whose metric is distributed as the reference's, N + R runs are exchangeable, and it fails only
when its R are the R worst of all: with probability 1 / C(N + R, R), or less where values tie. That is an
average over calibrations; for the one at hand, the probability q of one run to fall below the worst of N is
at most 1 - 0.05^(1/N) with 95 % confidence (the exact bound of Clopper and Pearson for no event in N trials),
so all R do with at most q^R. Several checks together fail a correct solution with at most the sum of theirs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from autograder.result import Direction

CONFIDENCE = 0.95
ACCEPTED = 1e-3
"""How often a solution that trains as the reference does may miss a threshold of its homework."""


def threshold(values: Sequence[float], direction: Direction, slack: float = 0.0) -> float:
    """Return the worst of the reference's values, made easier by ``slack``.

    Args:
        values: one for each seed, finite.
        direction: which values are good.
        slack: room for correct solutions that differ from the reference, in the metric's unit, at least 0.
    """
    worst = direction.worst(values)
    return worst - slack if direction is Direction.AT_LEAST else worst + slack


def average_bound(*, seeds: int, runs: int) -> float:
    """Return the probability, at most, that a correct solution misses the threshold ``runs`` times.

    Averaged over calibrations with this many seeds: 1 / C(seeds + runs, runs).
    """
    return 1 / math.comb(seeds + runs, runs)


def confident_bound(*, seeds: int, runs: int, confidence: float = CONFIDENCE) -> float:
    """Return the same probability for this one calibration, at most, with this confidence: q^runs."""
    q = 1 - (1 - confidence) ** (1 / seeds)
    return float(q**runs)


def seeds_needed(runs: Sequence[int], bound: float, confidence: float = CONFIDENCE) -> int:
    """Return how many seeds keep the sum of all checks' confident bounds within ``bound``.

    Args:
        runs: of each stochastic check, at most.
        bound: probability that a solution like the reference misses any of the thresholds, above 0.
        confidence: in all checks together.
    """
    each = 1 - (1 - confidence) / len(runs)
    seeds = 1
    while math.fsum(confident_bound(seeds=seeds, runs=most, confidence=each) for most in runs) > bound:
        seeds += 1
    return seeds


def separation(values: Sequence[float], wrong: Sequence[float], direction: Direction) -> float:
    """Return the gap between the reference's worst value and the best of wrong solutions, in its own sd.

    Infinite where the reference never varies and the gap is positive; negative where they overlap.
    """
    gap = direction.margin(direction.worst(values), direction.best(wrong))
    mean = math.fsum(values) / len(values)
    sd = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / max(len(values) - 1, 1))
    return gap / sd if sd else math.copysign(math.inf, gap) if gap else 0.0


def separation_in_words(gap: float) -> str:
    """Return how far away wrong solutions stay, given their `separation`."""
    return f"{gap:.1f} sd away" if math.isfinite(gap) else "away, and the reference never varies"
