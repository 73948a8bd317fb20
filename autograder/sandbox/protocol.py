"""The messages between grader and sandbox, defined once for both.

The grader sends a worker a request, and then the steps one by one. It sends an evaluator one request after
the other. Each message is answered by one outcome before the next message is sent. This module imports
neither TensorFlow nor other packages of ours.

Requests and steps come from the grader and are trusted. Outcomes come from a process that ran student code.
Only `outcome_from` reads them, and it checks them.
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
        module: the module to import from these files.
        seed: the seed of all random generators in the process.
    """

    files: Mapping[str, str]
    module: str
    seed: int


@dataclass(frozen=True, slots=True)
class Evaluate:
    """Asks an evaluator to describe a model's layers, and to run it.

    The value of the outcome holds ``layers`` (name, kind, output shape, number of weights). If there are
    inputs, it also holds ``outputs`` and ``activations``.

    Attributes:
        config: a validated configuration.
        weights: the model's arrays, in Keras's order.
        inputs: array (N, ...) of N inputs; None to describe the layers only.
        layers: return the activations of each layer, too.
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


@dataclass(frozen=True, slots=True)
class CpuLimit:
    """Tells an evaluator the processor time of its next request; it is not answered.

    Attributes:
        seconds: processor time from now on.
    """

    seconds: int


# Steps: what a worker does after the import


@dataclass(frozen=True, slots=True)
class Call:
    """Calls a function of the module; its result is sent, or kept in the worker under the name ``store``."""

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
    """Replaces the weights of a kept network."""

    network: str
    weights: list[Any]


@dataclass(frozen=True, slots=True)
class Make:
    """Makes a Keras object from its serialized form, with these weights or random ones, and keeps it."""

    described: Mapping[str, Any]
    weights: list[Any] | None
    store: str


@dataclass(frozen=True, slots=True)
class Item:
    """Keeps one element of a tuple or list that is kept as ``kept`` and has to have ``count`` elements."""

    kept: str
    index: int
    count: int
    store: str


@dataclass(frozen=True, slots=True)
class Reseed:
    """Seeds all random generators in the process again."""

    seed: int


Step = Call | Export | SetWeights | Make | Item | Reseed

_SENT: Final = MappingProxyType(
    {
        kind.__name__: kind
        for kind in (
            *(Setup, Evaluate, RunSequences, CpuLimit),
            *(Call, Export, SetWeights, Make, Item, Reseed),
        )
    }
)


def request_message(sent: Request | CpuLimit | Step) -> dict[str, Any]:
    """Return a request, a limit or a step as a dictionary that `wire.encode` accepts."""
    values = {field.name: getattr(sent, field.name) for field in fields(sent)}
    return {name: dict(value) if isinstance(value, Mapping) else value for name, value in values.items()} | {
        "kind": type(sent).__name__
    }


def request_from(message: Any) -> Any:
    """Return the request, limit or step that `request_message` turned into a message."""
    rest = dict(message)
    return _SENT[rest.pop("kind")](**rest)


# Outcomes: the answer to each request and step


@dataclass(frozen=True, slots=True)
class Returned:
    """The step was done; ``value`` is None if the result is kept in the sandbox."""

    step: int
    value: Any = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The step's result cannot be sent to the grader, or is not of the expected kind."""

    step: int
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class Missing:
    """The module has no such function; ``defined`` are the names of its public functions."""

    step: int
    defined: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Raised:
    """An exception ended the step.

    Attributes:
        step: number of the step.
        kind: name of the exception's class.
        message: its text.
        line: line number in the student's file, if it is known.
        function: name of the student's function.
        not_implemented: the exception is a NotImplementedError, which a stub raises.
        out_of_memory: the exception means that there was not enough memory.
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
    """Return an outcome as a dictionary that `wire.encode` accepts."""
    match outcome:
        case Returned(step, value):
            return {"step": step, "outcome": "returned", "value": value}
        case Refused(step, refusal):
            return {"step": step, "outcome": "refused"} | refusal.to_json()
        case Missing(step, defined):
            return {"step": step, "outcome": "missing", "defined": list(defined)}
        case Raised():
            values = {field.name: getattr(outcome, field.name) for field in fields(outcome)}
            return values | {"outcome": "raised"}


def outcome_from(message: Any, step: int | None) -> Outcome:
    """Read an outcome that comes from a process of the sandbox, which may be forged.

    Args:
        message: the decoded message.
        step: number of the step that has to be answered now; None if no answer is expected.

    Raises:
        WireError: the message is no outcome of this step.
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
    """Read the outcome of calling a function that does not exist."""
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
    """Return whether ``number`` can be a line number of a student's file."""
    return type(number) is int and 0 < number < MAX_LINE


def _typed(message: Mapping[str, Any], name: str, wanted: type) -> Any:
    """Return a field that has to be of one type.

    Raises:
        ValueError: the field is missing or of another type.
    """
    value = message.get(name)
    if type(value) is not wanted:
        raise ValueError(f"Expected {name} to be of type {wanted.__name__}.")
    return value


_READERS: Final[Mapping[str, Callable[[int, Mapping[str, Any]], Outcome]]] = MappingProxyType(
    {"returned": _returned, "refused": _refused, "missing": _missing, "raised": _raised}
)
