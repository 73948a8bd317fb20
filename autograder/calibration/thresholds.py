"""Distribution-free thresholds, and bounds of the probability that a correct solution misses them.

A metric of the reference is measured with N new seeds. The threshold is the worst value, less some slack. A
submission is run with its own new seeds, at most R times, and passes with the first run that reaches the
threshold.

Take a solution whose metric has the same distribution as the reference's. Then all N + R runs are
exchangeable. The solution fails only when its R runs are the R worst of all: with probability 1 / C(N + R,
R), or less if values tie. This bound is an average over calibrations.

For one given calibration, let q be the probability that one run is worse than the worst of the N. With 95 %
confidence q is at most 1 - 0.05^(1/N), the exact bound of Clopper and Pearson for no event in N trials. So
all R runs are worse with probability at most q^R. The bound for several checks is the sum of their bounds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from autograder.result import Direction

CONFIDENCE = 0.95
ACCEPTED = 1e-3
"""The accepted probability that a solution like the reference misses any threshold of its homework."""


def threshold(values: Sequence[float], direction: Direction, slack: float = 0.0) -> float:
    """Return the threshold: the worst of the reference's values, made easier to reach by ``slack``.

    Args:
        values: one finite value for each seed.
        direction: which values are good.
        slack: tolerance for correct solutions that differ from the reference, in the metric's unit; not
            negative.
    """
    worst = direction.worst(values)
    return worst - slack if direction is Direction.AT_LEAST else worst + slack


def average_bound(*, seeds: int, runs: int) -> float:
    """Return an upper bound of the probability that a correct solution misses the threshold in all runs.

    The bound is an average over calibrations: 1 / C(seeds + runs, runs).

    Args:
        seeds: the number of the reference's runs.
        runs: the largest number of runs of a submission.
    """
    return 1 / math.comb(seeds + runs, runs)


def confident_bound(*, seeds: int, runs: int, confidence: float = CONFIDENCE) -> float:
    """Return an upper bound of the same probability for one given calibration: q^runs.

    Args:
        seeds: the number of the reference's runs.
        runs: the largest number of runs of a submission.
        confidence: the confidence with which the bound holds, between 0 and 1.
    """
    q = 1 - (1 - confidence) ** (1 / seeds)
    return float(q**runs)


def seeds_needed(runs: Sequence[int], bound: float, confidence: float = CONFIDENCE) -> int:
    """Return the smallest number of seeds with which the checks' confident bounds sum to at most ``bound``.

    Args:
        runs: the largest number of runs of each stochastic check.
        bound: the accepted probability that a solution like the reference misses any threshold, above 0.
        confidence: the confidence for all checks together.
    """
    each = 1 - (1 - confidence) / len(runs)
    seeds = 1
    while math.fsum(confident_bound(seeds=seeds, runs=most, confidence=each) for most in runs) > bound:
        seeds += 1
    return seeds


def separation(values: Sequence[float], wrong: Sequence[float], direction: Direction) -> float:
    """Return the gap between the reference's worst value and the best value of wrong solutions.

    The gap is in standard deviations of the reference's values. It is negative where the two overlap, and
    infinite, with the gap's sign, where all values of the reference are equal.

    Args:
        values: the reference's values.
        wrong: the values of all wrong solutions.
        direction: which values are good.
    """
    gap = direction.margin(direction.worst(values), direction.best(wrong))
    mean = math.fsum(values) / len(values)
    sd = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / max(len(values) - 1, 1))
    return gap / sd if sd else math.copysign(math.inf, gap) if gap else 0.0


def separation_in_words(gap: float) -> str:
    """Return a `separation` as text that follows "wrong solutions stay …"."""
    return f"{gap:.1f} sd away" if math.isfinite(gap) else "away, and the reference never varies"
