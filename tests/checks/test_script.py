"""Scripts: calls in one process that hand each other what they return."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.checks.networks import layer, network, optimizer
from autograder.checks.script import Script
from autograder.checks.verdict import StudentFault
from autograder.models.student_model import StudentModel
from autograder.result import CheckStatus
from autograder.sandbox import protocol
from autograder.sandbox.protocol import (
    Outcome,
    Raised,
    Refused,
    Reseed,
    Returned,
    Step,
)
from autograder.sandbox.refusals import Reason, Refusal
from autograder.sandbox.runner import Ending, EndKind, Reply
from autograder.sandbox.wire import Ref

EXPORTED = {
    "config": (Path(__file__).parents[1] / "data" / "model_configs" / "cnn.json").read_text(encoding="utf-8"),
    "weights": [np.zeros(2)],
}


class Worker:
    """Answers a script with prepared outcomes, and keeps the steps it was asked to take."""

    def __init__(self, *outcomes: Callable[[int], Outcome]) -> None:
        self.outcomes = outcomes
        self.runs: list[Any] = []

    def __call__(self, steps: tuple[Step, ...]) -> Reply:
        self.runs.append(list(steps))
        outcomes = [outcome(number) for number, outcome in enumerate(self.outcomes)]
        return Reply([Returned(protocol.IMPORT), *outcomes], Ending(EndKind.EXITED, 0, 0.5, 0.5, 1000))


def script(worker: Worker) -> Script:
    return Script(worker, "rnn.py", lambda exported, function: StudentModel(exported, _never))


def _never(_: object) -> Reply:
    raise AssertionError


def value(number: object) -> Callable[[int], Outcome]:
    return lambda step: Returned(step, number)


def failed(text: str) -> Callable[[int], Outcome]:
    return lambda step: Raised(step, "ValueError", text, 3)


def refused(*facts: Any) -> Callable[[int], Outcome]:
    return lambda step: Refused(step, Refusal(*facts))


FAILED = failed("bad")
NO_OBJECT = refused(Reason.OBJECT_TYPE, "History")


def test_a_script_runs_once_and_late() -> None:
    """It runs when its first result is asked for."""
    worker = Worker(value(3), value(4))
    written = script(worker)
    first, second = written.call("f", 1), written.call("g", k=2)
    assert worker.runs == []
    assert (first.value, second.value, first.value) == (3, 4, 3)
    assert len(worker.runs) == 1


def test_a_step_as_an_argument_is_its_result() -> None:
    """The function gets the object that the step returned."""
    worker = Worker(value(None), value(None), value(5))
    written = script(worker)
    network, data = written.call("build"), written.call("load")
    trained = written.call("train", network, 7, data=data)
    assert trained.value == 5
    [[build, load, train]] = worker.runs
    assert train.args == [Ref(build.store), 7]
    assert train.kwargs == {"data": Ref(load.store)}
    assert build.store != load.store
    assert train.store is None


def test_weights_are_set_before_what_follows() -> None:
    worker = Worker(value(None), value(None), value(1))
    written = script(worker)
    network = written.call("build")
    written.set_weights(network, [np.ones(2)])
    assert written.call("predict", network).value == 1
    [[build, weights, _]] = worker.runs
    assert weights.network == build.store
    np.testing.assert_array_equal(weights.weights, [np.ones(2)])


def test_an_exported_network_is_a_model() -> None:
    written = script(Worker(value(None), value(EXPORTED)))
    assert written.export(written.call("build")).value.config.name


def test_a_step_fails_where_what_it_needs_failed() -> None:
    """It fails with the same message."""
    written = script(Worker(FAILED, failed("no such object"), value(None)))
    network = written.call("build")
    trained = written.call("train", network)
    for step in (network, trained, written.export(network)):
        with pytest.raises(StudentFault, match=r"build raised ValueError in line 3 of rnn\.py: bad"):
            _ = step.value


def test_other_steps_survive_a_failure() -> None:
    """They do not need the result of the step that failed."""
    written = script(Worker(value(None), value(EXPORTED), FAILED, value(2)))
    network = written.call("build")
    early = written.export(network)
    predicted, trained = written.call("predict", network), written.call("train", network)
    assert trained.value == 2
    assert early.value.weights
    with pytest.raises(StudentFault, match="predict raised"):
        _ = predicted.value


def test_half_a_training_gives_no_network() -> None:
    """The message is that of the training."""
    written = script(Worker(value(None), FAILED, value(EXPORTED)))
    network = written.call("build")
    written.call("train", network)
    with pytest.raises(StudentFault, match="train raised ValueError"):
        _ = written.export(network).value


def test_training_may_return_an_invalid_object() -> None:
    """Its network counts, though the returned object is refused."""
    written = script(Worker(value(None), NO_OBJECT, value(EXPORTED)))
    network = written.call("build")
    trained = written.call("train", network)
    assert written.export(network).value.weights
    with pytest.raises(StudentFault, match="train returned an object of type History") as caught:
        _ = trained.value
    assert caught.value.status is CheckStatus.REFUSED


def test_steps_are_written_before_the_script_runs() -> None:
    written = script(Worker(value(1)))
    assert written.call("f").value == 1
    with pytest.raises(RuntimeError, match="all steps before the first result"):
        written.call("g")


def test_a_network_is_made_before_it_is_used() -> None:
    """A check describes this network itself."""
    worker = Worker(value(None), value(1))
    written = script(worker)
    described = network("small", (2,), layer("Dense", "d", units=1))
    made = written.make(described, [np.ones((2, 1)), np.zeros(1)])
    assert written.call("step", made).value == 1
    [[making, _]] = worker.runs
    assert making.described == described
    assert len(making.weights) == 2
    assert making.store


def test_a_network_that_cannot_be_made_is_named() -> None:
    """The message names the check's network and no function of the student."""
    written = script(Worker(FAILED))
    made = written.make(network("small", (2,)))
    with pytest.raises(StudentFault, match="making the check's Sequential raised ValueError"):
        _ = made.value


# What else holds for networks and optimizers of the check's own

DOUBTS = network("doubts", (3,), layer("Dense", "logit", units=1))
DESCENT = optimizer("SGD", learning_rate=0.1)


def test_a_function_takes_made_and_built_objects() -> None:
    """The check made some of them, and a function of the student built the others."""
    worker = Worker(value(None), value(None), value(None), value(5))
    written = script(worker)
    made, descent = written.make(DOUBTS), written.make(DESCENT)
    built = written.call("build")
    assert written.call("step", made, built, optimizer=descent).value == 5
    [[first, second, third, step]] = worker.runs
    assert second.weights is None
    assert step.args == [Ref(first.store), Ref(third.store)]
    assert step.kwargs == {"optimizer": Ref(second.store)}
    assert len({first.store, second.store, third.store}) == 3


def test_an_unused_made_object_is_stored_too() -> None:
    worker = Worker(value(None))
    assert script(worker).make(DOUBTS).value is None
    assert worker.runs[0][0].store


def test_a_made_network_is_used_like_a_built_one() -> None:
    """It gets other weights and is exported."""
    worker = Worker(value(None), value(None), value(EXPORTED))
    written = script(worker)
    made = written.make(DOUBTS)
    written.set_weights(made, [np.ones(2)])
    assert written.export(made).value.config.name
    [[make, weights, export]] = worker.runs
    assert weights.network == export.network == make.store


def test_half_a_training_spoils_a_made_network() -> None:
    """What was exported before the training still counts."""
    written = script(Worker(value(None), value(EXPORTED), FAILED, value(EXPORTED)))
    made = written.make(DOUBTS)
    before = written.export(made)
    written.call("train", made)
    after = written.export(made)
    assert before.value.weights
    with pytest.raises(StudentFault, match="train raised ValueError"):
        _ = after.value


def test_a_function_is_not_blamed_for_an_argument() -> None:
    """The check could not make the object that the function takes."""
    written = script(Worker(FAILED, failed("no such object")))
    given = written.call("step", written.make(DESCENT))
    with pytest.raises(StudentFault, match="making the check's SGD raised ValueError"):
        _ = given.value


def test_several_returned_objects_are_taken_apart() -> None:
    worker = Worker(value(None), value(None), value(None), value(EXPORTED), value(5))
    written = script(worker)
    first, second = written.items(written.call("build"), 2)
    network, used = written.export(second), written.call("use", first)
    assert network.value.config.layers
    assert used.value == 5
    [[build, one, two, export, use]] = worker.runs
    assert [(step.kept, step.index, step.count) for step in (one, two)] == [
        (build.store, 0, 2),
        (build.store, 1, 2),
    ]
    assert (export.network, use.args) == (two.store, [Ref(one.store)])


def test_one_object_instead_of_two_is_named() -> None:
    """The message names the function that returned them."""
    wrong = refused(Reason.NOT_SEVERAL, "Sequential", 2)
    written = script(Worker(value(None), wrong, wrong, wrong))
    first, _ = written.items(written.call("build"), 2)
    with pytest.raises(StudentFault, match="build returned Sequential instead of 2 values") as caught:
        _ = written.export(first).value
    assert "in the order of the handout" in caught.value.hint


def test_half_a_training_spoils_shared_layers() -> None:
    """A network is not exported where one that shares its layers was trained in part."""
    written = script(Worker(value(None), value(None), value(None), FAILED, value(EXPORTED)))
    half, whole = written.items(written.call("build"), 2)
    written.call("train", whole)
    with pytest.raises(StudentFault, match="train raised ValueError"):
        _ = written.export(half).value


def test_the_seed_can_be_set_between_two_calls() -> None:
    worker = Worker(value(None), value(None), value(5))
    written = script(worker)
    written.call("build")
    written.reseed(3)
    assert written.call("train").value == 5
    assert worker.runs[0][1] == Reseed(3)
