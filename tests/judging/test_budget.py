"""The processor time of a submission: limits of its jobs, and what is left after two that were stopped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from autograder.calibration.cost import Allowance, Cost, allowance
from autograder.checks.faults import fault
from autograder.homework import HomeworkLimits
from autograder.judging.budget import Budget, limits_here
from autograder.known.replies import StoredReplies
from autograder.result import CheckStatus, JobSeconds
from autograder.sandbox.limits import Limits
from autograder.sandbox.protocol import IMPORT, Call, Evaluate, Outcome, Returned, Setup
from autograder.sandbox.runner import Ending, EndKind, Job, Reply, Runner
from autograder.store import Store

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
            used = 0.1 if self.kind is EndKind.IDLE else float(job.limits.cpu_seconds)
            return Reply([Returned(IMPORT, None)], Ending(self.kind, -9, used, 10.0, 0))
        return Reply([Returned(IMPORT, None), Returned(0, 1)], Ending(EndKind.EXITED, 0, wanted, wanted, 0))


def job(function: str = "f", *, training: bool = False) -> Job:
    seconds = limits_here(HERE, LIMITS)
    limit = seconds.training_cpu_seconds if training else seconds.cpu_seconds
    setup, call = Setup({"one.py": ""}, "one", 0), Call(function, [], {})
    return Job(setup, Limits(cpu_seconds=limit), (call,), training=training)


def budget(runner: Runner, again: Callable[[], float] = lambda: 0.02) -> Budget:
    return Budget(runner, lambda measure: allowance(LIMITS, COST, measure), 0.02, again)


def kind(reply: Reply) -> EndKind:
    assert reply.ending is not None
    return reply.ending.kind


# What a submission may use


def test_limits_are_multiples_of_the_reference() -> None:
    assert Allowance(20, 80, 120.0, 20.0) == HERE


def test_limits_follow_the_machine() -> None:
    """A fast moment makes them half as large at most."""
    slower = allowance(LIMITS, COST, 0.06)
    assert (slower.call, slower.training) == (60, 240)
    assert (slower.submission, slower.reference, slower.slower) == pytest.approx((360, 60, 3))
    faster = allowance(LIMITS, COST, 0.001)
    assert (faster.call, faster.training, faster.submission) == (10, 40, 60)


def test_a_small_job_may_take_ten_seconds() -> None:
    small = Cost(call=0.01, training=0.0, submission=0.1, measure=0.02)
    assert allowance(LIMITS, small, 0.02) == Allowance(10, 10, 10.0, 0.1)


def test_without_a_known_cost_seconds_hold() -> None:
    limits = HomeworkLimits(cpu_seconds=5, training_cpu_seconds=30)
    assert allowance(limits, None, 1.0) == Allowance(5, 30, 180.0, 30.0, known=False)


def test_the_worst_case_is_one_job_more() -> None:
    """The last job may begin when little is left."""
    assert HERE.most_seconds == 120 + 80


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
    assert [kind(reply) for reply in replies] == [EndKind.EXITED, EndKind.EXITED, EndKind.BUDGET]


def test_a_job_cut_short_is_told_of_the_budget() -> None:
    """It kept its own limit, so nobody is told of a loop; what it has returned is judged."""
    runner = Spending(70, 49, 40)
    spent = budget(runner)
    reply = [spent.run(job(name, training=True)) for name in ("train", "other", "third")][-1]
    assert runner.limits == [80, 50, 1]
    assert reply.outcomes == [Returned(IMPORT, None)]
    assert reply.ending is not None
    assert (reply.ending.kind, reply.ending.cpu_seconds) == (EndKind.BUDGET, 1.0)
    assert spent.refused == 1
    told = fault(None, reply, "third", "one.py")
    assert told.message == (
        "third was not checked, because no time was left. "
        "The whole submission may compute for 120 seconds, and train took 70 of them."
    )
    assert "loop" not in told.hint
    assert "stopped" not in spent.run(job()).note


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
        "f was not checked, because no time was left. "
        "The whole submission may compute for 120 seconds, and train took 70 of them."
    )
    assert "Make these functions faster first" in told.hint
    assert runner.limits == [80, 50]


@pytest.mark.parametrize(("stopped", "each"), [(EndKind.CPU, 20), (EndKind.IDLE, 10)])
def test_after_two_stops_the_rest_is_short(stopped: EndKind, each: int) -> None:
    """It gets what all of the reference needs, 20 seconds. Who slept is charged the time that it took."""
    runner = Spending(99, 99, 15, 15, 15, kind=stopped)
    spent = budget(runner)
    replies = [spent.run(job(f"f{number}")) for number in range(5)]
    assert runner.limits == [20, 20, 20, 5]
    fourth = EndKind.BUDGET if stopped is EndKind.CPU else stopped  # it had less than its own limit
    assert [kind(reply) for reply in replies] == [stopped, stopped, EndKind.EXITED, fourth, EndKind.BUDGET]
    assert replies[-1].note == (
        f"These ran out of time: f0 after {each} seconds, f1 after {each} seconds. After two such functions "
        "everything else gets 20 seconds, as long as the whole reference takes."
    )


@pytest.mark.parametrize(
    ("answered", "named"), [(0, "importing one.py"), (1, "build"), (2, "train"), (3, "build and train")]
)
def test_the_step_that_was_stopped_is_named(answered: int, named: str) -> None:
    """A job may call several functions; only one of them did not end."""

    class Hanging:
        def run(self, job: Job) -> Reply:
            outcomes: list[Outcome] = [Returned(number, 1) for number in range(IMPORT, IMPORT + answered)]
            return Reply(outcomes, Ending(EndKind.CPU, -9, 20.0, 20.0, 0))

    calls = Call("build", [], {}), Call("train", [], {})
    spent = budget(Hanging())
    for number in range(2):
        spent.run(Job(Setup({"one.py": ""}, "one", number), Limits(cpu_seconds=20), calls))
    spent.run(job(training=True))
    assert f"out of time: {named} after 20 seconds, {named} after" in spent.run(job()).note


def test_dozing_is_charged_and_waiting_is_not() -> None:
    """A job that sleeps and ends by itself holds a slot; one that waits for a core cannot help it."""

    class Slow:
        def __init__(self, waited: float) -> None:
            self.waited = waited

        def run(self, job: Job) -> Reply:
            return Reply([Returned(0, 1)], Ending(EndKind.EXITED, 0, 1.0, 50.0, 0, self.waited))

    totals = []
    for waited in (0.0, 48.0):
        spent = Budget(Slow(waited), lambda measure: allowance(LIMITS, COST, measure), 0.02, lambda: 0.02)
        spent.run(job())
        totals.append(spent.jobs.total)
    assert totals == [50, 2]


def test_networks_count_and_keep_their_own_limit() -> None:
    request = Evaluate({}, [np.zeros(1)], None, False)
    runner = Spending(3, 3)
    spent = budget(runner)
    spent.run(Job(request, Limits(cpu_seconds=30)))
    assert runner.limits == [30]
    assert spent.jobs == JobSeconds(call=3, training=0, total=3)


@pytest.mark.parametrize("slower", [1.15, 3.0])
def test_a_slower_machine_gives_more_time(slower: float) -> None:
    """It is measured before a job is found out of time. The run that was not fair is not charged."""
    limit = round(80 * slower)
    runner = Spending(limit - 1, limit - 1)
    spent = budget(runner, lambda: 0.02 * slower)
    assert kind(spent.run(job(training=True))) is EndKind.EXITED
    assert runner.limits == [80, limit]
    assert spent.jobs.total == limit - 1
    assert spent.allowance.training == limit


def test_a_refusal_measures_the_machine_first() -> None:
    runner = Spending(70, 50, 5)
    spent = budget(runner, lambda: 0.04)
    for _ in range(2):
        spent.run(job(training=True))
    assert kind(spent.run(job())) is EndKind.EXITED


@pytest.mark.parametrize("again", [0.02, 0.06])
def test_a_loop_is_run_again_only_with_more_time(again: float) -> None:
    runner = Spending(999, 999)
    assert kind(budget(runner, lambda: again).run(job())) is EndKind.CPU
    assert runner.limits == ([20] if again == 0.02 else [20, 60])


def test_no_time_to_gain_means_no_second_run() -> None:
    """A machine that is slower does not help where limits are seconds."""
    runner = Spending(99, 99)
    spent = Budget(runner, lambda measure: allowance(HomeworkLimits(), None, measure), 1.0, lambda: 9.0)
    assert kind(spent.run(job())) is EndKind.CPU
    assert len(runner.limits) == 1


def test_known_replies_are_charged(tmp_path: Path) -> None:
    """A verdict does not depend on what is in the store."""
    totals = []
    for _ in range(2):
        runner = Spending(7.0)
        known = StoredReplies(runner, Store(tmp_path, bytes(32)), "", measure=0.02)
        spent = Budget(known, lambda measure: allowance(LIMITS, COST, measure), 0.02, lambda: 0.02)
        spent.run(job())
        totals.append((spent.jobs.total, len(runner.limits)))
    assert totals == [(7.0, 1), (pytest.approx(7.0), 0)]


def test_without_a_known_cost_none_is_told() -> None:
    runner = Spending(99, 99, 30, 30)
    spent = Budget(runner, lambda measure: allowance(HomeworkLimits(), None, measure), 1.0, lambda: 1.0)
    plain = Job(Setup({"one.py": ""}, "one", 0), Limits(), (Call("f", [], {}),), training=True)
    replies = [spent.run(plain) for _ in range(5)]
    assert [kind(reply) for reply in replies][-1] is EndKind.BUDGET
    assert "reference" not in replies[-1].note
