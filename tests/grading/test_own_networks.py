"""Networks of the checks run apart from those of the submission, whose processes may be taken over."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from toy_homework import write_toy

from autograder.calibration.cost import Allowance
from autograder.checks.generative import CLASSES, FEATURES, Judge
from autograder.checks.networks import layer, network
from autograder.judging.budget import Budget
from autograder.judging.session import GradingSession, Reference
from autograder.sandbox.protocol import Evaluate, Returned
from autograder.sandbox.runner import Ending, EndKind, Job, Reply
from autograder.submission import Submission

IMAGES = np.zeros((3, 28, 28, 1), "float32")
LINEAR = {"config": json.dumps(network("linear", (3,), layer("Dense", "all", units=2))), "weights": []}


class Answering:
    """A runner whose evaluators answer every network with one number."""

    def __init__(self, number: float) -> None:
        self._number = number
        self.asked: list[str] = []

    def run(self, job: Job) -> Reply:
        assert isinstance(job.request, Evaluate)
        self.asked.append(job.request.config["config"]["name"])
        outputs = np.full((len(job.request.inputs), FEATURES), self._number, "float32")
        value: dict[str, Any] = {"layers": [], "outputs": outputs, "activations": {}}
        return Reply(
            [Returned(0, value)], Ending(EndKind.EXITED, 0, self._number, 1.0, 0), f"{self._number}\n"
        )


@pytest.fixture
def judge() -> Judge:
    ones = np.ones(FEATURES, "float32")
    return Judge((), np.ones((FEATURES, CLASSES), "float32"), np.ones(CLASSES, "float32"), 0 * ones, ones)


@pytest.fixture
def session(tmp_path: Path) -> GradingSession:
    homework = write_toy(tmp_path, "")
    submission = Submission("ada", {"toy.py": ""}, "sha256:0")
    theirs, reference, ours = (Answering(number) for number in (1, 2, 3))
    solution = Reference({"toy.py": ""}, reference)
    return GradingSession(homework, submission, theirs, bytes(32), solution=solution, own_runner=ours)


def test_the_judge_asks_no_process_of_a_student(session: GradingSession, judge: Judge) -> None:
    """A network that took over its evaluator cannot change what the judge sees."""
    subject = session.subject
    assert subject.student_model(LINEAR, "build").evaluate(np.ones((2, 3), "float32")).outputs[0, 0] == 1
    assert judge.look(IMAGES, subject).features[0, 0] == 3
    assert judge.look(IMAGES, subject.module("toy")).features[0, 0] == 3
    assert session.reference is not None
    assert judge.look(IMAGES, session.reference).features[0, 0] == 2
    assert isinstance(session.runner, Answering)
    assert session.runner.asked == ["linear"]


def test_the_reference_runs_ours_by_default(session: GradingSession, judge: Judge) -> None:
    other = replace(session, own_runner=None)
    assert judge.look(IMAGES, other.subject).features[0, 0] == 2


def test_the_budget_counts_no_network_of_ours(session: GradingSession, judge: Judge) -> None:
    """It is about the student's code and networks."""
    allowed = Allowance(10, 60, 360.0, 60.0)
    spent = Budget(session.runner, lambda _: allowed, 1.0, lambda: 1.0)
    charged = replace(session, runner=spent)
    judge.look(IMAGES, charged.subject)
    assert charged.reference is not None
    judge.look(IMAGES, charged.reference)
    assert spent.jobs.total == 0
    charged.subject.student_model(LINEAR, "build").evaluate(np.ones((2, 3), "float32"))
    assert spent.jobs.total > 0


def test_our_networks_are_charged_and_logged(session: GradingSession, judge: Judge) -> None:
    """A submission costs what our networks need for its images, too."""
    session.subject.student_model(LINEAR, "build").evaluate(np.ones((2, 3), "float32"))
    judge.look(IMAGES, session.subject)
    assert session.cpu_seconds == 1 + 3
    assert session.log == "1\n3\n"
