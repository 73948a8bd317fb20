"""A reference that gives no result is a fault of the course, and no student's zero."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from toy_homework import check, write_toy

from autograder.checks.networks import layer, network
from autograder.checks.subject import Subject
from autograder.homework import HomeworkLimits
from autograder.judging.run_checks import run_checks
from autograder.judging.session import GradingSession, Reference
from autograder.models.config import NotFinite, RefusedModel
from autograder.models.student_model import EvaluatorError
from autograder.result import CheckResult, CheckStatus
from autograder.sandbox.protocol import IMPORT, Returned
from autograder.sandbox.runner import Ending, EndKind, Job, Reply
from autograder.submission import Submission

DENSE = network("dense", (3,), layer("Dense", "all", units=2))


class Stopped:
    """A runner whose jobs end in this way, before they have a result."""

    def __init__(self, kind: EndKind) -> None:
        self.kind = kind
        self.jobs = 0

    def run(self, job: Job) -> Reply:
        self.jobs += 1
        return Reply([Returned(IMPORT, None)], Ending(self.kind, -9, 30.0, 30.0, 0))


def graded(tmp_path: Path, body: str, runner: Stopped) -> CheckResult:
    """Return the record of a check of a homework whose reference runs in this way."""
    homework = write_toy(tmp_path, check(body, arguments="reference"))
    solution = Reference({"toy.py": ""}, runner)
    submission = Submission("ada", {"toy.py": ""}, "sha256:0")
    session = GradingSession(homework, submission, Stopped(EndKind.EXITED), bytes(32), solution=solution)
    run_checks(session)
    [result] = session.results
    return result


@pytest.mark.parametrize("kind", [EndKind.CPU, EndKind.IDLE, EndKind.MEMORY, EndKind.SIGNAL, EndKind.EXITED])
def test_a_reference_that_fails_goes_to_staff(tmp_path: Path, kind: EndKind) -> None:
    result = graded(tmp_path, "reference.call('double', 2)", Stopped(kind))
    assert result.status is CheckStatus.GRADER_ERROR
    assert "not your fault" in result.message
    assert "double" not in result.message
    assert "double" in result.detail


@pytest.mark.parametrize("kind", [EndKind.CPU, EndKind.MEMORY])
def test_the_references_network_is_ours(kind: EndKind) -> None:
    """The same network of a student is too large, and is refused."""
    described = {"config": json.dumps(DENSE), "weights": []}
    reference = Subject({"toy.py": ""}, "toy", 0, HomeworkLimits(), Stopped(kind), of_reference=True)
    with pytest.raises(EvaluatorError, match="network of"):
        reference.student_model(described, "build").evaluate(np.ones((2, 3), "float32"))
    student = Subject({"toy.py": ""}, "toy", 0, HomeworkLimits(), Stopped(kind))
    with pytest.raises(RefusedModel, match="too large"):
        student.student_model(described, "build").evaluate(np.ones((2, 3), "float32"))


class Outputs:
    """A runner whose evaluators give these outputs."""

    def __init__(self, outputs: NDArray[np.float32]) -> None:
        self.outputs = outputs

    def run(self, job: Job) -> Reply:
        value = {"layers": [], "outputs": self.outputs, "activations": {}}
        return Reply([Returned(0, value)], Ending(EndKind.EXITED, 0, 0.1, 0.1, 0))


@pytest.mark.parametrize("of_reference", [True, False])
@pytest.mark.parametrize(
    ("outputs", "of_student"),
    [(np.full((2, 2), np.nan, "float32"), NotFinite), (np.ones((3, 2), "float32"), RefusedModel)],
)
def test_useless_outputs_are_the_owners_fault(
    outputs: NDArray[np.float32], of_student: type[Exception], of_reference: bool
) -> None:
    """Only NaN may differ with another seed."""
    described = {"config": json.dumps(DENSE), "weights": []}
    runner = Outputs(outputs)
    subject = Subject({"toy.py": ""}, "toy", 0, HomeworkLimits(), runner, of_reference=of_reference)
    with pytest.raises(EvaluatorError if of_reference else of_student) as caught:
        subject.student_model(described, "build").evaluate(np.ones((2, 3), "float32"))
    assert of_reference or type(caught.value) is of_student
