"""Why a value cannot be sent out of the sandbox: a code with its facts, never a sentence.

The process that refuses a value sends the code and the facts. The grader checks them when they arrive, and
writes the sentence itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType, NoneType
from typing import Any, Final


class Reason(StrEnum):
    """Why a value, or a network made of it, cannot be graded."""

    OBJECT_TYPE = "object type"
    KEY_TYPE = "key type"
    ARRAY_TYPE = "array type"
    ARRAY_AXES = "array axes"
    NUMBER_SIZE = "number size"
    DEPTH = "depth"
    NOT_A_MODEL = "not a model"
    NOT_SEVERAL = "not several"
    VALUE_COUNT = "value count"
    MODEL_OUTPUTS = "model outputs"
    MODEL_WEIGHTS = "model weights"


@dataclass(frozen=True, slots=True)
class _Form:
    """The sentence for a reason, and the types of its facts; ``NoneType`` for a missing fact."""

    sentence: str
    received: type = NoneType
    wanted: type = NoneType


_FORMS: Final[Mapping[Reason, _Form]] = MappingProxyType(
    {
        Reason.OBJECT_TYPE: _Form("an object of type {received}", str),
        Reason.KEY_TYPE: _Form("a dictionary with a key of type {received}", str),
        Reason.ARRAY_TYPE: _Form("an array of type {received}", str),
        Reason.ARRAY_AXES: _Form("an array with {received} axes", int),
        Reason.NUMBER_SIZE: _Form("a whole number beyond 64 bits"),
        Reason.DEPTH: _Form("a value nested too deeply"),
        Reason.NOT_A_MODEL: _Form("{received} instead of a Keras model", str),
        Reason.NOT_SEVERAL: _Form("{received} instead of {wanted} values", str, int),
        Reason.VALUE_COUNT: _Form("{received} instead of {wanted} values", int, int),
        Reason.MODEL_OUTPUTS: _Form("Expected a model with one output. Received: {received}.", int),
        Reason.MODEL_WEIGHTS: _Form("Expected weights that fit the layers. Received: others."),
    }
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A reason with its facts.

    Attributes:
        reason: the code.
        received: the name of a type, or a number; which one depends on the reason.
        wanted: the expected number, if the reason has one.

    Raises:
        ValueError: the facts do not fit the reason.
    """

    reason: Reason
    received: str | int | None = None
    wanted: int | None = None

    def __post_init__(self) -> None:
        form = _FORMS[self.reason]
        if type(self.received) is not form.received or type(self.wanted) is not form.wanted:
            raise ValueError(f"Expected the facts of {self.reason}. Received: others.")

    def __str__(self) -> str:
        return _FORMS[self.reason].sentence.format(received=self.received, wanted=self.wanted)

    def to_json(self) -> dict[str, Any]:
        """Return the refusal as a dictionary."""
        return {"reason": str(self.reason), "received": self.received, "wanted": self.wanted}

    @classmethod
    def from_json(cls, reason: object, received: Any, wanted: Any) -> Refusal:
        """Read what `to_json` wrote; the arguments may be forged.

        Args:
            reason: the code.
            received: see `Refusal`.
            wanted: see `Refusal`.

        Raises:
            ValueError: there is no such reason, or the facts do not fit it.
        """
        if not isinstance(reason, str):
            raise ValueError("Expected the code of a reason. Received: something else.")  # noqa: TRY004
        return cls(Reason(reason), received, wanted)
