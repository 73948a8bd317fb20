"""What grader and sandbox say to each other, and what is believed of it."""

from typing import Any

import numpy as np
import pytest

from autograder.checks.faults import fault
from autograder.result import CheckStatus
from autograder.sandbox import protocol, wire
from autograder.sandbox.protocol import (
    Call,
    Evaluate,
    Export,
    Item,
    Make,
    Missing,
    Outcome,
    Raised,
    Refused,
    Request,
    Reseed,
    Returned,
    RunSequences,
    Setup,
    SetWeights,
    Step,
    outcome_from,
    outcome_message,
)
from autograder.sandbox.refusals import Reason, Refusal
from autograder.sandbox.runner import Reply
from autograder.sandbox.wire import Ref, UnsendableError, WireError

REFUSALS = {
    Reason.OBJECT_TYPE: (Refusal(Reason.OBJECT_TYPE, "set"), "an object of type set"),
    Reason.KEY_TYPE: (Refusal(Reason.KEY_TYPE, "int"), "a dictionary with a key of type int"),
    Reason.ARRAY_TYPE: (Refusal(Reason.ARRAY_TYPE, "object"), "an array of type object"),
    Reason.ARRAY_AXES: (Refusal(Reason.ARRAY_AXES, 9), "an array with 9 axes"),
    Reason.NUMBER_SIZE: (Refusal(Reason.NUMBER_SIZE), "a whole number beyond 64 bits"),
    Reason.DEPTH: (Refusal(Reason.DEPTH), "a value nested too deeply"),
    Reason.NOT_A_MODEL: (Refusal(Reason.NOT_A_MODEL, "list"), "list instead of a Keras model"),
    Reason.NOT_SEVERAL: (Refusal(Reason.NOT_SEVERAL, "Sequential", 3), "Sequential instead of 3 values"),
    Reason.VALUE_COUNT: (Refusal(Reason.VALUE_COUNT, 2, 3), "2 instead of 3 values"),
    Reason.MODEL_OUTPUTS: (
        Refusal(Reason.MODEL_OUTPUTS, 2),
        "Expected a model with one output. Received: 2.",
    ),
    Reason.MODEL_WEIGHTS: (
        Refusal(Reason.MODEL_WEIGHTS),
        "Expected weights that fit the layers. Received: others.",
    ),
}
PLAIN = "Return NumPy arrays, numbers, strings, or lists, tuples and dictionaries of these."
MODEL = "Is a return missing? Return the model itself."
ALL = "Return all of them, in the order of the handout: return first, second, third."
HINTS = {Reason.NOT_A_MODEL: MODEL, Reason.NOT_SEVERAL: ALL, Reason.VALUE_COUNT: ALL}


def over_the_wire(message: Any) -> Any:
    return wire.decode(wire.encode(message))


# Reasons


@pytest.mark.parametrize("reason", Reason)
def test_a_reason_has_a_sentence(reason: Reason) -> None:
    refusal, sentence = REFUSALS[reason]
    assert str(refusal) == sentence


@pytest.mark.parametrize("reason", Reason)
def test_a_reason_survives_the_wire(reason: Reason) -> None:
    refused = Refused(3, REFUSALS[reason][0])
    assert outcome_from(over_the_wire(outcome_message(refused)), 3) == refused


@pytest.mark.parametrize("reason", Reason)
def test_a_student_reads_sentence_and_hint(reason: Reason) -> None:
    refusal, sentence = REFUSALS[reason]
    told = fault(Refused(0, refusal), Reply(), "build", "cnn.py")
    assert told.status is CheckStatus.REFUSED
    assert told.message == f"build returned {sentence}, which cannot be graded."
    assert told.hint == HINTS.get(reason, PLAIN)


@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize(
    ("received", "wanted"), [(True, None), (3.5, None), (None, 2), ("set", 2.0), (["x"], 1), (1, None)]
)
def test_a_reason_has_its_own_facts(reason: Reason, received: Any, wanted: Any) -> None:
    refusal = REFUSALS[reason][0]
    if (type(received), type(wanted)) == (type(refusal.received), type(refusal.wanted)):
        return
    with pytest.raises(ValueError, match=f"facts of {reason}"):
        Refusal(reason, received, wanted)


def test_a_hint_does_not_depend_on_a_types_name() -> None:
    """A class may be named like the end of another sentence."""
    for name in ("x instead of a Keras model", "two values"):
        told = fault(Refused(0, Refusal(Reason.OBJECT_TYPE, name)), Reply(), "f", "cnn.py")
        assert told.hint == PLAIN


deep: list[Any] = []
for _ in range(40):
    deep = [deep]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({1}, Reason.OBJECT_TYPE),
        ({1: 2}, Reason.KEY_TYPE),
        (np.array([None]), Reason.ARRAY_TYPE),
        (np.zeros((1,) * 9), Reason.ARRAY_AXES),
        (2**70, Reason.NUMBER_SIZE),
        (deep, Reason.DEPTH),
    ],
)
def test_what_cannot_be_sent_has_a_reason(value: Any, reason: Reason) -> None:
    with pytest.raises(UnsendableError) as caught:
        wire.encode(value)
    assert caught.value.refusal.reason is reason
    assert str(caught.value) == str(caught.value.refusal)


# Requests and steps


@pytest.mark.parametrize(
    "sent",
    [
        Setup({"a.py": "x = 1"}, "a", 7),
        Evaluate({"name": "n"}, [], None, layers=True),
        RunSequences({"name": "n"}, [], [1.5]),
        Call("f", [1, (2,), Ref("object0")], {"k": "v"}, "object1"),
        Call("f", [], {}),
        Export("object0"),
        SetWeights("object0", [1.5]),
        Make({"class_name": "SGD"}, None, "object0"),
        Item("object0", 1, 2, "object1"),
        Reseed(3),
    ],
)
def test_requests_survive_the_wire(sent: Request | Step) -> None:
    assert protocol.request_from(over_the_wire(protocol.request_message(sent))) == sent


# Outcomes


@pytest.mark.parametrize(
    "outcome",
    [
        Returned(-1),
        Returned(4, {"a": [1, 2.5, None]}),
        Missing(0, ("f", "g")),
        Missing(0, ()),
        Raised(2, "ValueError", "bad", 12, "f", not_implemented=True, out_of_memory=True),
        Raised(2, "ValueError", ""),
    ],
)
def test_outcomes_survive_the_wire(outcome: Outcome) -> None:
    assert outcome_from(over_the_wire(outcome_message(outcome)), outcome.step) == outcome


def raised(**fields: Any) -> dict[str, Any]:
    return outcome_message(Raised(0, "ValueError", "bad", 12)) | fields


def refused(**fields: Any) -> dict[str, Any]:
    return outcome_message(Refused(0, Refusal(Reason.VALUE_COUNT, 2, 3))) | fields


@pytest.mark.parametrize(
    "message",
    [
        *(None, 3, "returned", [0, "returned"], {}, {"step": 0}, {"outcome": "returned"}),
        *({"step": None, "outcome": "returned"}, {"step": 0.0, "outcome": "returned"}),
        *({"step": "0", "outcome": "returned"}, {"step": np.zeros(2), "outcome": "returned"}),
        *({"step": 0, "outcome": "passed"}, {"step": 0, "outcome": ["returned"]}),
        *({"step": 0, "outcome": np.zeros(3)}, {"step": 0, "outcome": None}),
    ],
)
def test_a_message_has_step_and_outcome(message: Any) -> None:
    with pytest.raises(WireError, match="a message without step and outcome"):
        outcome_from(message, 0)


@pytest.mark.parametrize("step", [-1, 1, 2**62, None])
def test_a_message_comes_in_its_turn(step: int | None) -> None:
    with pytest.raises(WireError, match="a message out of turn"):
        outcome_from({"step": 0, "outcome": "returned"}, step)


@pytest.mark.parametrize(
    "message",
    [
        *(raised(line=line) for line in (True, 0, -3, 2**62, 3.0, "3", np.array(3))),
        *(raised(kind=kind) for kind in (3, None, ["x"], np.zeros((5, 5)))),
        *(raised(message=text) for text in (7, {"a": ["x"]}, None)),
        *(raised(function=3), raised(not_implemented="yes"), raised(out_of_memory=1)),
        {"step": 0, "outcome": "raised"},
        *({"step": 0, "outcome": "missing", "defined": names} for names in ("all", [1, "f"], None, {"f": 1})),
        {"step": 0, "outcome": "missing"},
        {"step": 0, "outcome": "refused"},
        *(refused(reason=reason) for reason in (7, "no such reason", None, np.zeros(3), ["depth"])),
        *(refused(received=received) for received in ("2", None, True, 2.0, np.array(2))),
        *(refused(wanted=wanted) for wanted in ("3", None, False)),
        {"step": 0, "outcome": "refused", "reason": "depth", "received": "set"},
    ],
)
def test_an_outcome_has_its_own_fields(message: Any) -> None:
    with pytest.raises(WireError, match="other fields than its outcome has"):
        outcome_from(message, 0)


def test_unknown_fields_of_an_outcome_are_dropped() -> None:
    claim = {"step": 0, "outcome": "returned", "value": 3, "passed": True, "score": 40}
    assert outcome_from(claim, 0) == Returned(0, 3)
