"""What grader and sandbox say to each other, defined once for both.

The grader sends a request, and to a worker one step after another. Each is answered by one outcome before the
next is sent. Nothing here imports TensorFlow, or anything of ours but the sandbox.

Requests and steps come from the grader and are trusted. Outcomes come from a process that ran student code:
`outcome_from` is the one place where they are checked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any, Final

from autograder.sandbox.refusals import Refusal
from autograder.sandbox.wire import WireError

IMPORT: Final = -1
"""Number of a worker's first outcome, about the import; its steps are counted from 0."""
MAX_LINE: Final = 1_000_000
"""No line of a student's file has this number, or a larger one."""


# Requests: the first message of a job


@dataclass(frozen=True, slots=True)
class Setup:
    """Asks a worker to import a module.

    Attributes:
        files: file name → text.
        module: the module to import from them.
        seed: of everything random in the process.
    """

    files: Mapping[str, str]
    module: str
    seed: int


@dataclass(frozen=True, slots=True)
class Evaluate:
    """Asks an evaluator to describe a model's layers, and to run it.

    The value of the outcome holds ``layers`` (name, kind, output shape, number of weights), and where there
    are inputs ``outputs`` and ``activations``.

    Attributes:
        config: a validated configuration.
        weights: the model's arrays, in Keras's order.
        inputs: one row an input; None to describe the layers only.
        layers: return what each layer computes, too.
    """

    config: Mapping[str, Any]
    weights: list[Any]
    inputs: Any
    layers: bool


@dataclass(frozen=True, slots=True)
class RunSequences:
    """Asks an evaluator to run a recurrent model over sequences, each from a state of zeros.

    The value of the outcome holds ``outputs``, an array for each sequence.

    Attributes:
        config: a validated configuration.
        weights: the model's arrays, in Keras's order.
        sequences: arrays (S, B, ...) of S batches.
    """

    config: Mapping[str, Any]
    weights: list[Any]
    sequences: list[Any]


Request = Setup | Evaluate | RunSequences


# Steps: what a worker does after the import


@dataclass(frozen=True, slots=True)
class Call:
    """Calls a function of the module; its result is sent, or kept under a name for later steps."""

    function: str
    args: list[Any]
    kwargs: Mapping[str, Any]
    store: str | None = None


@dataclass(frozen=True, slots=True)
class Export:
    """Sends the configuration and the weights of a kept network."""

    network: str


@dataclass(frozen=True, slots=True)
class SetWeights:
    """Gives a kept network other weights."""

    network: str
    weights: list[Any]


@dataclass(frozen=True, slots=True)
class Make:
    """Makes a Keras object as Keras describes it, with these weights or fresh ones, and keeps it."""

    described: Mapping[str, Any]
    weights: list[Any] | None
    store: str


@dataclass(frozen=True, slots=True)
class Item:
    """Keeps one of several objects that a function returned together as ``kept``."""

    kept: str
    index: int
    count: int
    store: str


@dataclass(frozen=True, slots=True)
class Reseed:
    """Seeds everything random in the process anew."""

    seed: int


Step = Call | Export | SetWeights | Make | Item | Reseed

_SENT: Final = MappingProxyType(
    {
        kind.__name__: kind
        for kind in (Setup, Evaluate, RunSequences, Call, Export, SetWeights, Make, Item, Reseed)
    }
)


def request_message(sent: Request | Step) -> dict[str, Any]:
    """Return a request or a step as the wire can carry it."""
    values = {field.name: getattr(sent, field.name) for field in fields(sent)}
    return {name: dict(value) if isinstance(value, Mapping) else value for name, value in values.items()} | {
        "kind": type(sent).__name__
    }


def request_from(message: Any) -> Any:
    """Read what `request_message` wrote."""
    rest = dict(message)
    return _SENT[rest.pop("kind")](**rest)


# Outcomes: the answer to each request and step


@dataclass(frozen=True, slots=True)
class Returned:
    """The step was done; ``value`` is None where it is kept in the sandbox."""

    step: int
    value: Any = None


@dataclass(frozen=True, slots=True)
class Refused:
    """What the step gave may not leave the sandbox, or is not what was asked for."""

    step: int
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class Missing:
    """The module has no such function; ``defined`` are those it has."""

    step: int
    defined: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Raised:
    """An exception ended the step.

    Attributes:
        step: number of the step.
        kind: name of the exception's class.
        message: its text.
        line: where in the student's file, if it is known.
        function: in which function of the student's.
        not_implemented: it is what a stub raises.
        out_of_memory: it says that there was not enough memory.
    """

    step: int
    kind: str
    message: str
    line: int | None = None
    function: str = ""
    not_implemented: bool = False
    out_of_memory: bool = False


Outcome = Returned | Refused | Missing | Raised


def outcome_message(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as the wire can carry it."""
    match outcome:
        case Returned(step, value):
            return {"step": step, "outcome": "returned", "value": value}
        case Refused(step, refusal):
            return {"step": step, "outcome": "refused"} | refusal.to_json()
        case Missing(step, defined):
            return {"step": step, "outcome": "missing", "defined": list(defined)}
        case Raised():
            told = {field.name: getattr(outcome, field.name) for field in fields(outcome)}
            return told | {"outcome": "raised"}


def outcome_from(message: Any, step: int | None) -> Outcome:
    """Read an outcome that a process of the sandbox claims.

    Args:
        message: what came over the wire.
        step: the one that an outcome is due for; None where none is.

    Raises:
        WireError: it is no outcome of that step.
    """
    match message:
        case {"step": int(number), "outcome": str(outcome)} if outcome in _READERS:
            if step is None or number != step:
                raise WireError("a message out of turn")
            try:
                return _READERS[outcome](step, message)
            except ValueError as error:
                raise WireError("a message with other fields than its outcome has") from error
    raise WireError("a message without step and outcome")


def _returned(step: int, message: Mapping[str, Any]) -> Outcome:
    """Read the outcome of a step that was done."""
    return Returned(step, message.get("value"))


def _refused(step: int, message: Mapping[str, Any]) -> Outcome:
    """Read the outcome of a step whose value was refused."""
    facts = (message.get(name) for name in ("reason", "received", "wanted"))
    return Refused(step, Refusal.from_json(*facts))


def _missing(step: int, message: Mapping[str, Any]) -> Outcome:
    """Read the outcome of calling a function that is not there."""
    defined = _typed(message, "defined", list)
    if not all(isinstance(name, str) for name in defined):
        raise ValueError("Expected names. Received: other values.")
    return Missing(step, tuple(defined))


def _raised(step: int, message: Mapping[str, Any]) -> Outcome:
    """Read the outcome of a step that an exception ended."""
    line = message.get("line")
    if line is not None and not is_line(line):
        raise ValueError("Expected the number of a line. Received: something else.")
    kind, text, function = (_typed(message, name, str) for name in ("kind", "message", "function"))
    flags = (_typed(message, name, bool) for name in ("not_implemented", "out_of_memory"))
    return Raised(step, kind, text, line, function, *flags)


def is_line(number: object) -> bool:
    """Return whether this can be the number of a line."""
    return type(number) is int and 0 < number < MAX_LINE


def _typed(message: Mapping[str, Any], name: str, wanted: type) -> Any:
    """Return a field that has to be of one type.

    Raises:
        ValueError: it is not there, or of another type.
    """
    value = message.get(name)
    if type(value) is not wanted:
        raise ValueError(f"Expected {name} to be of type {wanted.__name__}.")
    return value


_READERS: Final[Mapping[str, Callable[[int, Mapping[str, Any]], Outcome]]] = MappingProxyType(
    {"returned": _returned, "refused": _refused, "missing": _missing, "raised": _raised}
)
