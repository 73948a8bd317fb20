"""Thresholds and their error rates: the formulas, against the literature's table and against simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.calibration.thresholds import (
    average_bound,
    confident_bound,
    seeds_needed,
    separation,
    separation_in_words,
    threshold,
)
from autograder.result import Direction

values = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30)


@given(values, st.sampled_from(Direction), st.floats(0, 10))
def test_the_reference_reaches_its_own_threshold(
    found: list[float], direction: Direction, slack: float
) -> None:
    edge = threshold(found, direction, slack)
    assert all(direction.reaches(value, edge) for value in found)


@pytest.mark.parametrize(
    ("seeds", "runs", "average", "confident"),
    [(15, 3, 1.2e-3, 5.9e-3), (20, 4, 9.4e-5, 3.7e-4), (30, 3, 1.8e-4, 8.6e-4), (30, 1, 0.032, 0.095)],
)
def test_the_bounds_are_those_of_the_rule(seeds: int, runs: int, average: float, confident: float) -> None:
    assert average_bound(seeds=seeds, runs=runs) == pytest.approx(average, rel=0.05)
    assert confident_bound(seeds=seeds, runs=runs) == pytest.approx(confident, rel=0.05)


@pytest.mark.parametrize("draw", ["normal", "standard_cauchy", "exponential"])
def test_the_average_bound_agrees_with_simulation(draw: str) -> None:
    """Whatever the distribution. 40,000 calibrations; the expected count is 139, its sd 12: 5 sd of room."""
    rng = np.random.default_rng(7)
    seeds, runs, rounds = 10, 3, 40_000
    reference = getattr(rng, draw)(size=(rounds, seeds)).min(axis=1)
    graded = getattr(rng, draw)(size=(rounds, runs)).max(axis=1)
    failed = int((graded < reference).sum())
    expected = average_bound(seeds=seeds, runs=runs) * rounds
    assert abs(failed - expected) < 5 * math.sqrt(expected)


def test_one_calibration_in_20_exceeds_its_bound() -> None:
    """20,000 calibrations; q is the chance of a run below the worst; 5 % exceed the bound (sd 0.15 %)."""
    rng = np.random.default_rng(8)
    worst = rng.uniform(size=(20_000, 30)).min(axis=1)  # for uniform values q is the worst value itself
    share = float(np.mean(worst**3 > confident_bound(seeds=30, runs=3)))
    assert share == pytest.approx(0.05, abs=0.008)


def test_separation_is_in_sd_of_the_reference() -> None:
    """Those of the reference."""
    reference = [0.9, 0.92, 0.94]
    assert separation(reference, [0.5, 0.84], Direction.AT_LEAST) == pytest.approx(3)
    assert separation([-value for value in reference], [-0.84], Direction.AT_MOST) == pytest.approx(3)
    assert separation(reference, [0.91], Direction.AT_LEAST) < 0
    assert separation([1.0, 1.0], [0.5], Direction.AT_LEAST) == math.inf
    assert separation([1.0, 1.0], [1.0], Direction.AT_LEAST) == 0


def test_no_more_seeds_than_the_bound_needs() -> None:
    def total(seeds: int) -> float:
        return 3 * confident_bound(seeds=seeds, runs=3, confidence=1 - 0.05 / 3)

    found = seeds_needed([3, 3, 3], 1e-3)
    assert total(found) <= 1e-3 < total(found - 1)


def test_separation_has_words_where_sd_is_zero() -> None:
    assert separation_in_words(12.34) == "12.3 sd away"
    assert separation_in_words(math.inf) == "away, and the reference never varies"
