"""A runner that starts late, and says what it does."""

from __future__ import annotations

import pytest

from autograder.practice.lazy_runner import Announced, LazyRunner, needs_tensorflow
from autograder.sandbox.limits import Limits
from autograder.sandbox.protocol import Call, Evaluate, Export, Request, Reseed, Setup, Step
from autograder.sandbox.runner import Evaluator, Job, Reply, RunnerError

NUMPY = Setup({"one.py": "import numpy"}, "one", 0)
KERAS = Setup({"one.py": "import keras"}, "one", 0)
NETWORK = Evaluate({}, [], None, layers=False)
CALL = Call("f", [], {})


class Started:
    """Processes that were started."""

    def __init__(self, log: list[str], kind: bool) -> None:
        self.log, self.name = log, "tensorflow" if kind else "numpy"
        log.append(f"start {self.name}")

    def run(self, job: Job) -> Reply:
        self.log.append(f"run {self.name}")
        return Reply()

    def open_evaluator(self, limits: Limits) -> Evaluator:
        self.log.append(f"evaluator {self.name}")
        raise RunnerError("no evaluator here")

    def close(self) -> None:
        self.log.append(f"close {self.name}")


def lazy() -> tuple[LazyRunner, list[str]]:
    log: list[str] = []
    return LazyRunner(lambda kind: Started(log, kind), lambda doing: log.append(f"tell {doing}")), log


def test_nothing_starts_without_a_job() -> None:
    runner, log = lazy()
    runner.close()
    assert log == []


def test_a_job_starts_what_it_needs_once() -> None:
    runner, log = lazy()
    runner.announce("Running f")
    for _ in range(2):
        runner.run(Job(KERAS, Limits(), (CALL,)))
    runner.close()
    assert log == [
        "tell Running f",
        "tell Starting TensorFlow",
        "start tensorflow",
        "tell Running f",
        "run tensorflow",
        "run tensorflow",
        "close tensorflow",
    ]


def test_numpy_alone_does_not_wait_for_tensorflow() -> None:
    """Unless it is there already: then nothing more is started."""
    runner, log = lazy()
    runner.run(Job(NUMPY, Limits(), (CALL,)))
    runner.warm_up()
    runner.run(Job(NUMPY, Limits(), (CALL,)))
    assert [line for line in log if "tell" not in line] == [
        "start numpy",
        "run numpy",
        "start tensorflow",
        "run tensorflow",
    ]


@pytest.mark.parametrize(
    ("request_", "steps", "needed"),
    [
        (NUMPY, (CALL,), False),
        (NUMPY, (), False),
        (KERAS, (CALL,), True),
        (Setup({"one.py": "", "two.py": "from tensorflow import nn"}, "one", 0), (CALL,), True),
        (NUMPY, (CALL, Export("object0")), True),
        (NUMPY, (Reseed(1),), True),
        (NETWORK, (), True),
    ],
)
def test_who_needs_tensorflow(request_: Request, steps: tuple[Step, ...], needed: bool) -> None:
    assert needs_tensorflow(Job(request_, Limits(), steps)) is needed


def test_a_failed_start_is_not_tried_again() -> None:
    tried = []

    def start(kind: bool) -> Started:
        tried.append(kind)
        raise RunnerError("no sandbox here")

    runner = LazyRunner(start)
    for _ in range(2):
        with pytest.raises(RunnerError, match="no sandbox here"):
            runner.run(Job(KERAS, Limits(), (CALL,)))
    assert len(tried) == 1
    assert str(runner.failed) == "no sandbox here"


@pytest.mark.parametrize(
    ("job", "said"),
    [
        (
            Job(KERAS, Limits(), (Call("build", [], {}), Call("train", [], {})), training=True),
            "Training: train",
        ),
        (Job(KERAS, Limits(cpu_seconds=10), (CALL, CALL)), "Running f"),
        (Job(KERAS, Limits(), tuple(Call(name, [], {}) for name in "abcd")), "Running a, b, c, …"),
        (Job(KERAS, Limits()), "Importing one.py"),
        (Job(NETWORK, Limits()), "Evaluating your network"),
    ],
)
def test_it_says_what_a_job_does(job: Job, said: str) -> None:
    told: list[str] = []
    jobs = Announced(Started([], True), told.append)
    jobs.run(job)
    assert told == [said, ""]
    assert jobs.jobs == 1
    assert jobs.functions == {step.function for step in job.steps if isinstance(step, Call)}
