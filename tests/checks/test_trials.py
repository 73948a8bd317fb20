"""A stochastic check: the first run that reaches the threshold passes, and the runs are few and recorded."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest

from autograder.calibration.certificate import CalibratedCheck, CertificateError, Rule
from autograder.checks import CheckFailed, StudentFault
from autograder.checks.trials import Trials
from autograder.models.config import NotFinite, RefusedModel
from autograder.result import CheckStatus, Direction, Trial

CHECK = CalibratedCheck("accuracy", Direction.AT_LEAST, Rule(3, 0.0), (Trial(0, 0.9),), {})


def trials(calibrated: CalibratedCheck | None = CHECK) -> Trials:
    return Trials(calibrated, lambda attempt: 100 + attempt, 3)


def test_the_first_good_run_decides() -> None:
    found, values, seeds = trials(), iter([0.8, 0.95, 0.99]), []

    def run(seed: int) -> float:
        seeds.append(seed)
        return next(values)

    found.at_least("accuracy", run)
    assert seeds == [100, 101]
    assert found.done == [Trial(100, 0.8), Trial(101, 0.95)]


def test_a_run_at_the_threshold_is_good_enough() -> None:
    found = trials()
    found.at_least("accuracy", lambda _: 0.9)
    assert len(found.done) == 1


def test_all_runs_are_named_when_none_is_good() -> None:
    found, values = trials(), iter([0.8, math.nan, 0.85])
    with pytest.raises(CheckFailed) as caught:
        found.at_least("accuracy", lambda _: next(values), hint="Look at the loss.")
    assert caught.value.message == (
        "Expected accuracy of at least 0.900 in one of 3 runs. Received: 0.800, no number, 0.850."
    )
    assert caught.value.hint == "Look at the loss."


def test_figures_to_stay_below_a_limit_are_judged() -> None:
    known = CalibratedCheck("loss", Direction.AT_MOST, Rule(3, 0.1), (Trial(0, 0.3),), {})
    trials(known).at_most("loss", lambda _: 0.35)
    with pytest.raises(CheckFailed, match=r"loss of at most 0\.400 in one of 3 runs"):
        trials(known).at_most("loss", lambda _: 0.5)


def test_practice_repeats_no_run_that_is_far_away() -> None:
    """Far is: farther below the threshold, .8 here, than the reference's median, .9, is above it."""
    known = CalibratedCheck("accuracy", Direction.AT_LEAST, Rule(3, 0.1), (Trial(0, 0.9),), {})
    found, values = replace(trials(known), repeats_far=False), iter([0.75, 0.65, 0.79])
    with pytest.raises(
        CheckFailed, match=r"Received: 0\.750, 0\.650\. That is far away, so it was not tried"
    ):
        found.at_least("accuracy", lambda _: next(values))
    assert len(found.done) == 2


def test_grading_repeats_every_run() -> None:
    """The certificate's bound is about all runs."""
    found = trials()
    with pytest.raises(CheckFailed):
        found.at_least("accuracy", lambda _: 0.0)
    assert len(found.done) == 3


def test_practice_repeats_no_run_without_a_number() -> None:
    found = replace(trials(), repeats_far=False)
    with pytest.raises(CheckFailed, match=r"Received: no number\. It was not tried again\."):
        found.at_least("accuracy", lambda _: math.nan)
    with pytest.raises(CheckFailed, match="unlucky"):
        replace(trials(), repeats_far=False).at_least("accuracy", failing(1, CheckFailed("unlucky")))


def test_calibrating_measures_and_judges_nothing() -> None:
    found = trials(None)
    found.at_least("accuracy", lambda _: 0.1)
    assert found.done == [Trial(100, 0.1)]
    assert (found.metric, found.direction) == ("accuracy", Direction.AT_LEAST)


def failing(times: int, fault: Exception, value: float = 0.95) -> Callable[[int], float]:
    """Return a measurement that raises so often, and then gives a value."""
    left = iter([fault] * times)

    def measure(seed: int) -> float:
        if raised := next(left, None):
            raise raised
        return value

    return measure


@pytest.mark.parametrize(
    "fault", [CheckFailed("NaN."), StudentFault(CheckStatus.ERROR, "It raised."), NotFinite("Infinity.")]
)
def test_a_run_without_a_figure_counts_as_a_miss(fault: Exception) -> None:
    found = trials()
    found.at_least("accuracy", failing(2, fault))
    assert [trial.value for trial in found.done] == [None, None, 0.95]
    with pytest.raises(CheckFailed, match=r"Received: no number, no number, 0\.100"):
        trials().at_least("accuracy", failing(2, fault, 0.1))


def test_without_any_figure_the_fault_is_told() -> None:
    with pytest.raises(StudentFault, match="It raised"):
        trials().at_least("accuracy", failing(3, StudentFault(CheckStatus.ERROR, "It raised.")))


@pytest.mark.parametrize(
    "fault",
    [
        StudentFault(CheckStatus.TIMEOUT, "Not this time."),
        StudentFault(CheckStatus.NOT_ATTEMPTED, "Not this time."),
        CheckFailed("Not this time.", any_seed=True),
        StudentFault(CheckStatus.ERROR, "Not this time.", of_reference=True),
        RefusedModel("Not this time."),
    ],
)
def test_what_no_seed_can_change_is_not_retried(fault: Exception) -> None:
    found = trials()
    with pytest.raises(type(fault), match="Not this time"):
        found.at_least("accuracy", failing(1, fault))
    assert found.done == []


def test_an_uncalibrated_figure_is_refused() -> None:
    with pytest.raises(CertificateError, match="Calibrate again"):
        trials().at_least("precision", lambda _: 1.0)
    with pytest.raises(CertificateError, match="Calibrate again"):
        trials().at_most("accuracy", lambda _: 0.0)
