"""The rules for the values of a layer's options, and the canonical form of each value.

A rule takes an untrusted value. It returns a value that it created or checked itself, so no unchecked part of
the input reaches the result. Types are compared exactly: JSON has no subclasses, and True is not 1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

LONGEST_QUOTE: Final = 100
_LEVELS: Final = 3  # how deeply nested lists a message shows

_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")


class RefusedModel(ValueError):  # noqa: N818 - the name is the verdict that students see
    """A model cannot be graded; the message tells the student what was expected, and where."""


class NotFinite(RefusedModel):
    """A model's outputs contain NaN or infinity. Another seed may give a model whose outputs do not."""


class ModelNotRun(RefusedModel):
    """A model was not run, because the submission's processor time is used up."""


class Mismatch(Exception):  # noqa: N818 - never leaves this package
    """A value does not follow a rule."""


class Rule(Protocol):
    """A function that checks an untrusted value and returns its canonical form."""

    @property
    def expected(self) -> str:
        """The allowed values, as text that follows "expected rate to be …"."""

    def __call__(self, value: object) -> Any:
        """Return the canonical form of ``value``.

        Raises:
            Mismatch: the value does not follow the rule.
        """


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number from ``low`` to ``high``, both included."""

    low: int
    high: int

    @property
    def expected(self) -> str:
        return f"a whole number from {self.low} to {self.high}"

    def __call__(self, value: object) -> int:
        if type(value) is not int or not self.low <= value <= self.high:
            raise Mismatch
        return value


@dataclass(frozen=True, slots=True)
class Number:
    """A finite number from ``low`` to ``high``; NaN compares false and so never passes."""

    low: float
    high: float

    @property
    def expected(self) -> str:
        return f"a number from {self.low:g} to {self.high:g}"

    def __call__(self, value: object) -> float:
        if type(value) not in (int, float) or not self.low <= value <= self.high:  # type: ignore[operator]
            raise Mismatch
        return float(value)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Fraction:
    """A number in [0, 1)."""

    expected: str = "a number from 0 up to, not including, 1"

    def __call__(self, value: object) -> float:
        if type(value) not in (int, float) or not 0 <= value < 1:  # type: ignore[operator]
            raise Mismatch
        return float(value)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Boolean:
    """True or False."""

    expected: str = "True or False"

    def __call__(self, value: object) -> bool:
        if type(value) is not bool:
            raise Mismatch
        return value


class Choice:
    """One of a few strings."""

    __slots__ = ("expected", "values")

    def __init__(self, *values: str) -> None:
        self.values = values
        quoted = [repr(value) for value in values]
        self.expected = quoted[0] if len(values) == 1 else f"one of {', '.join(quoted)}"

    def __call__(self, value: object) -> str:
        if type(value) is not str or value not in self.values:
            raise Mismatch
        return value


@dataclass(frozen=True, slots=True)
class Optional:
    """None, or a value that follows another rule."""

    rule: Rule

    @property
    def expected(self) -> str:
        return f"{self.rule.expected}, or None"

    def __call__(self, value: object) -> Any:
        return None if value is None else self.rule(value)


@dataclass(frozen=True, slots=True)
class Either:
    """A value that follows one of two rules; the first rule that accepts the value decides its form."""

    first: Rule
    second: Rule

    @property
    def expected(self) -> str:
        return f"{self.first.expected}, or {self.second.expected}"

    def __call__(self, value: object) -> Any:
        try:
            return self.first(value)
        except Mismatch:
            return self.second(value)


@dataclass(frozen=True, slots=True)
class Items:
    """A list of ``least`` to ``most`` values that follow one rule each."""

    rule: Rule
    least: int
    most: int

    @property
    def expected(self) -> str:
        count = str(self.least) if self.least == self.most else f"{self.least} to {self.most}"
        return f"a list of {count}, each {self.rule.expected}"

    def __call__(self, value: object) -> list[Any]:
        if type(value) is not list or not self.least <= len(value) <= self.most:
            raise Mismatch
        return [self.rule(item) for item in value]


def single(low: int, high: int) -> Items:
    """Return the rule for a size along one dimension, as Keras writes it: a list of one."""
    return Items(Integer(low, high), 1, 1)


def pair(low: int, high: int) -> Items:
    """Return the rule for a size along two dimensions."""
    return Items(Integer(low, high), 2, 2)


@dataclass(frozen=True, slots=True)
class Name:
    """A name that is safe in a path, a page and a message, and that Keras accepts (no slash)."""

    expected: str = "1 to 64 letters, digits, '_', '-' and '.', starting with a letter, a digit or '_'"

    def __call__(self, value: object) -> str:
        if type(value) is not str or not _NAME.fullmatch(value):
            raise Mismatch
        return value


class DType:
    """A dtype: its name, or the policy object that Keras writes for a layer. Canonical: the name."""

    __slots__ = ("_names", "expected")

    def __init__(self, *names: str) -> None:
        self._names = Choice(*names)
        self.expected = self._names.expected

    def __call__(self, value: object) -> str:
        if type(value) is dict and value.get("class_name") == "DTypePolicy":
            policy = value.get("config")
            value = policy.get("name") if type(policy) is dict else None
        return self._names(value)


def check(rule: Rule, value: object, where: str, what: str) -> Any:
    """Return the canonical form of ``value``.

    Args:
        rule: the rule for the value.
        value: the untrusted value.
        where: the layer or model, for the message.
        what: the option, for the message.

    Raises:
        RefusedModel: the value does not follow the rule.
    """
    try:
        return rule(value)
    except Mismatch:
        raise refusal(where, what, rule.expected, value) from None


def refusal(where: str, what: str, expected: str, received: object) -> RefusedModel:
    """Return the error that says what was expected, and where, and quotes the beginning of the value."""
    return RefusedModel(f"{where}: expected {what} to be {expected}. Received: {describe(received)}")


def describe(value: object) -> str:
    """Return ``value`` as at most `LONGEST_QUOTE` printable ASCII characters, whatever its size."""
    text = _describe(value, _LEVELS)
    return text if len(text) <= LONGEST_QUOTE else text[: LONGEST_QUOTE - 3] + "..."


def _describe(value: object, levels: int) -> str:
    """Describe the first few items of the first few levels."""
    if type(value) is str:
        return _quote(value, LONGEST_QUOTE if levels == _LEVELS else 32)
    if value is None or type(value) in (bool, float):
        return repr(value)
    if type(value) is int:
        return str(value) if -(10**18) < value < 10**18 else "a whole number of more than 18 digits"
    if type(value) is list:
        items = [_describe(item, levels - 1) for item in value[:8]] if levels else []
        return f"[{_join(items, len(value))}]"
    if type(value) is dict:
        return _describe_dict(value, levels)
    return f"a value of type {_quote(type(value).__name__, 32)}"


def _describe_dict(value: Mapping[Any, object], levels: int) -> str:
    """Describe a dictionary: by its Keras class and name if it has them, else by its first entries."""
    class_name, config = value.get("class_name"), value.get("config")
    if type(class_name) is str:
        name = config.get("name") if type(config) is dict else config
        return (
            f"{_quote(class_name, 32)[1:-1]} {_quote(name, 32)}"
            if type(name) is str
            else _quote(class_name, 32)
        )
    first = [key for key, _ in zip(value, range(3), strict=False)] if levels else []
    items = [f"{_describe(key, 0)}: {_describe(value[key], levels - 1)}" for key in first]
    return f"{{{_join(items, len(value))}}}"


def _quote(text: str, longest: int) -> str:
    """Return the beginning of ``text`` in quotes, with all characters outside printable ASCII escaped."""
    return ascii(text if len(text) <= longest else text[: longest - 3] + "...")


def _join(parts: list[str], count: int) -> str:
    """Join the shown items; add "..." when there are more than these."""
    return ", ".join(parts if len(parts) == count else [*parts, "..."])
