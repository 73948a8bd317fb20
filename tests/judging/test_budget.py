"""The processor time of a submission: limits of its jobs, and what is left after two that were stopped."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from autograder.calibration.cost import Allowance, Cost, allowance
from autograder.checks.faults import fault
from autograder.homework import HomeworkLimits
from autograder.judging.budget import Budget, seconds_of
from autograder.result import CheckStatus, JobSeconds
from autograder.sandbox.limits import Limits
from autograder.sandbox.protocol import Call, Evaluate, Returned, Setup
from autograder.sandbox.runner import Ending, EndKind, Job, Reply

LIMITS = HomeworkLimits(call_times=20, training_times=10, submission_times=6)
COST = Cost(call=1.0, training=8.0, submission=20.0, measure=0.02)
HERE = allowance(LIMITS, COST, 0.02)


class Spending:
    """A runner whose jobs use so many seconds, or end at their limit if that is less."""

    def __init__(self, *seconds: float, kind: EndKind = EndKind.CPU) -> None:
        self.seconds = list(seconds)
        self.kind = kind
        self.limits: list[int] = []

    def run(self, job: Job) -> Reply:
        self.limits.append(job.limits.cpu_seconds)
        wanted = self.seconds.pop(0)
        if wanted > job.limits.cpu_seconds:
            used = 0.1 if self.kind is EndKind.WALL else float(job.limits.cpu_seconds)
            return Reply([], Ending(self.kind, -9, used, 10.0, 0))
        return Reply([Returned(0, 1)], Ending(EndKind.EXITED, 0, wanted, wanted, 0))


def job(function: str = "f", *, training: bool = False) -> Job:
    seconds = seconds_of(HERE, LIMITS)
    limit = seconds.training_cpu_seconds if training else seconds.cpu_seconds
    return Job(Setup({"one.py": ""}, "one", 0), Limits(cpu_seconds=limit), (Call(function, [], {}),))


def budget(runner: Spending, again: Callable[[], float] = lambda: 0.02) -> Budget:
    return Budget(runner, lambda measure: allowance(LIMITS, COST, measure), 0.02, again)


def kind(reply: Reply) -> EndKind:
    assert reply.ending is not None
    return reply.ending.kind


# What a submission may use


def test_limits_are_multiples_of_the_reference() -> None:
    assert Allowance(20, 80, 120.0, 20.0) == HERE


def test_a_slower_machine_gives_more_seconds() -> None:
    """And a faster one does not give less: the reference may have been measured in a bad hour."""
    slower = allowance(LIMITS, COST, 0.06)
    assert (slower.call, slower.training) == (60, 240)
    assert (slower.submission, slower.reference, slower.slower) == pytest.approx((360, 60, 3))
    assert allowance(LIMITS, COST, 0.01) == HERE


def test_a_small_job_may_take_ten_seconds() -> None:
    small = Cost(call=0.01, training=0.0, submission=0.1, measure=0.02)
    assert allowance(LIMITS, small, 0.02) == Allowance(10, 10, 10.0, 0.1)


def test_without_a_measured_reference_seconds_hold() -> None:
    limits = HomeworkLimits(cpu_seconds=5, training_cpu_seconds=30)
    allowed = allowance(limits, None, 1.0)
    assert (allowed.call, allowed.training, allowed.reference) == (5, 30, 30.0)
    assert not allowed.compares


def test_the_worst_case_is_bounded() -> None:
    assert HERE.most_seconds(checks=100) == 120 + 80
    assert HERE.most_seconds(checks=1) == 120 + 80
    assert allowance(HomeworkLimits(), None, 1.0).most_seconds(checks=4) == 2 * 60 + 4 * 10 + 60


# Jobs


def test_each_kind_of_job_has_its_limit() -> None:
    runner = Spending(1, 1)
    spent = budget(runner)
    for training in (False, True):
        spent.run(job(training=training))
    assert runner.limits == [20, 80]
    assert spent.jobs == JobSeconds(call=1, training=1, total=2)


def test_a_job_gets_what_is_left_of_the_budget() -> None:
    runner = Spending(70, 40, 40)
    spent = budget(runner)
    replies = [spent.run(job(training=True)) for _ in range(3)]
    assert runner.limits == [80, 50, 10]
    assert [kind(reply) for reply in replies] == [EndKind.EXITED, EndKind.EXITED, EndKind.CPU]


def test_a_used_up_budget_names_the_longest_job() -> None:
    runner = Spending(70, 50)
    spent = budget(runner)
    spent.run(job("train", training=True))
    spent.run(job("other", training=True))
    reply = spent.run(job("f"))
    assert kind(reply) is EndKind.BUDGET
    told = fault(None, reply, "f", "one.py")
    assert told.status is CheckStatus.TIMEOUT
    assert told.message == (
        "f was not run: the time for the whole submission is used up. train alone used 70 seconds, 3.5 times "
        "as long as everything in the reference takes."
    )
    assert "Mend that function first" in told.hint
    assert runner.limits == [80, 50]


@pytest.mark.parametrize("stopped", [EndKind.CPU, EndKind.WALL])
def test_after_two_stops_the_rest_is_short(stopped: EndKind) -> None:
    """It gets what all of the reference needs: 20 seconds. A job that slept is charged the time it took."""
    runner = Spending(99, 99, 15, 15, 15, kind=stopped)
    spent = budget(runner)
    replies = [spent.run(job(f"f{number}")) for number in range(5)]
    assert runner.limits == [20, 20, 20, 5]
    kinds = [kind(reply) for reply in replies]
    assert kinds == [stopped, stopped, EndKind.EXITED, stopped, EndKind.BUDGET]
    assert spent.jobs.total == pytest.approx(
        (20 if stopped is EndKind.CPU else 10) * 2 + 15 + (5 if stopped is EndKind.CPU else 10)
    )


def test_networks_count_and_keep_their_own_limit() -> None:
    request = Evaluate({}, [np.zeros(1)], None, False)
    runner = Spending(3, 3)
    spent = budget(runner)
    spent.run(Job(request, Limits(cpu_seconds=30)))
    assert runner.limits == [30]
    assert spent.jobs == JobSeconds(call=3, training=0, total=3)


def test_a_machine_that_became_slower_gives_more_time() -> None:
    """It is measured before a job is found out of time; then the job is run again with the larger limit."""
    runner = Spending(50, 50, 99)
    spent = budget(runner, lambda: 0.06)
    assert kind(spent.run(job())) is EndKind.EXITED
    assert runner.limits == [20, 60]
    assert spent.allowance.call == 60


def test_an_endless_loop_is_not_run_again() -> None:
    runner = Spending(999, 999)
    assert kind(budget(runner).run(job())) is EndKind.CPU
    assert runner.limits == [20]


def test_without_a_measured_reference_nothing_is_compared() -> None:
    runner = Spending(99, 99, 30, 30)
    spent = Budget(runner, lambda measure: allowance(HomeworkLimits(), None, measure), 1.0, lambda: 1.0)
    plain = Job(Setup({"one.py": ""}, "one", 0), Limits(cpu_seconds=60), (Call("f", [], {}),))
    replies = [spent.run(plain) for _ in range(5)]
    assert [kind(reply) for reply in replies][-1] is EndKind.BUDGET
    assert "reference" not in replies[-1].note
