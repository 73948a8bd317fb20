"""Dataclasses from JSON: every field is checked against its declared type, and an error names the field."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache, partial
from types import NoneType, UnionType
from typing import Any, Final, TypeAlias, TypeVar, get_args, get_origin, get_type_hints

Record = TypeVar("Record")
_Reader: TypeAlias = Callable[[Any], Any]

_LONGEST: Final = 80


def read_record(kind: type[Record], entry: object, where: str = "") -> Record:
    """Build a dataclass from a JSON object.

    A field may be a ``str``, an ``int``, a ``float``, an enumeration or another such dataclass; a tuple or a
    dictionary of these; or any of these types or None. An int in a field of type float stays an int.

    Args:
        kind: the dataclass.
        entry: the value that ``json.loads`` returned.
        where: the path to ``entry``, for messages.

    Raises:
        ValueError: a field is missing, unknown, or of the wrong type; the message gives its path.
    """
    try:
        record: Record = _record(kind, entry)
    except _MismatchError as mismatch:
        raise ValueError(f"{_path(where, mismatch.steps)}{mismatch.what}") from None
    return record


class _MismatchError(Exception):
    """A value does not fit its type.

    Args:
        what: the end of the message, which begins with the path.

    Attributes:
        steps: the names and numbers that lead to the value, the last one first. Each reader on the way adds
            its own, so that values that fit cost no time for a path.
    """

    def __init__(self, what: str) -> None:
        self.what = what
        self.steps: list[str | int] = []

    @classmethod
    def of(cls, expected: str, received: object) -> _MismatchError:
        """Return the mismatch of a value of another type."""
        return cls(f": expected {expected}. Received: {repr(received)[:_LONGEST]}")


def _record(kind: Any, entry: Any) -> Any:
    """Build a dataclass; see `read_record`."""
    if not isinstance(entry, dict):
        raise _MismatchError.of("an object", entry)
    known = _fields(kind)
    for name in entry:
        if name not in known:
            raise _at(name, _MismatchError(": there is no such field."))
    for name, (_, optional) in known.items():
        if name not in entry and not optional:
            raise _at(name, _MismatchError(": the field is missing."))
    return kind(**{name: _read_at(name, known[name][0], value) for name, value in entry.items()})


@cache
def _fields(kind: type) -> dict[str, tuple[_Reader, bool]]:
    """Return for each field its reader, and whether it may be missing."""
    assert is_dataclass(kind)
    types = get_type_hints(kind)
    return {
        field.name: (
            _reader(types[field.name]),
            not (field.default is MISSING and field.default_factory is MISSING),
        )
        for field in fields(kind)
    }


@cache
def _reader(kind: Any) -> _Reader:
    """Return the function that converts a JSON value to a type, or raises `_MismatchError`."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is UnionType:
        [other] = [one for one in inner if one is not NoneType]
        return partial(_optional, _reader(other))
    if origin is tuple:
        return partial(_tuple, _reader(inner[0]))
    if origin is dict:
        return partial(_dictionary, _reader(inner[1]))
    if is_dataclass(kind):
        return partial(_record, kind)
    return partial(_enum_member if issubclass(kind, Enum) else _plain, kind)


def _optional(read: _Reader, value: Any) -> Any:
    """Return a value that may be None."""
    return None if value is None else read(value)


def _tuple(read: _Reader, value: Any) -> tuple[Any, ...]:
    """Return a list as a tuple."""
    if not isinstance(value, list):
        raise _MismatchError.of("a list", value)
    return tuple(_read_at(number, read, one) for number, one in enumerate(value))


def _dictionary(read: _Reader, value: Any) -> dict[str, Any]:
    """Return a dictionary whose keys are texts."""
    if not isinstance(value, dict):
        raise _MismatchError.of("an object", value)
    return {name: _read_at(name, read, one) for name, one in value.items()}


def _enum_member(kind: type[Enum], value: Any) -> Enum:
    """Return the member of an enumeration that has this value."""
    try:
        return kind(value)
    except ValueError:
        raise _MismatchError.of(f"one of {', '.join(str(one.value) for one in kind)}", value) from None


def _plain(kind: type, value: Any) -> Any:
    """Return a string or a number, if it is of its type."""
    words, fits = _PLAIN[kind]
    if not fits(value):
        raise _MismatchError.of(words, value)
    return value


# In Python ``bool`` is a subclass of ``int``. NaN and infinity are not JSON, but Python's module reads them.
_PLAIN: Final[dict[type, tuple[str, Callable[[Any], bool]]]] = {
    str: ("a text", lambda value: type(value) is str),
    int: ("a whole number", lambda value: type(value) is int),
    float: (
        "a finite number",
        lambda value: type(value) in (int, float) and abs(value) <= sys.float_info.max,
    ),
}


def _read_at(step: str | int, read: _Reader, value: Any) -> Any:
    """Return a part of a value, converted; a mismatch gets the step that leads to the part."""
    try:
        return read(value)
    except _MismatchError as mismatch:
        raise _at(step, mismatch) from None


def _at(step: str | int, mismatch: _MismatchError) -> _MismatchError:
    """Add the step that leads to a value."""
    mismatch.steps.append(step)
    return mismatch


def _path(where: str, steps: list[str | int]) -> str:
    """Return the path to a value, for people; a damaged file may have names of any length and characters."""
    path = where
    for step in reversed(steps):
        if isinstance(step, int):
            path += f"[{step}]"
        else:
            shown = step if step.isidentifier() and len(step) <= _LONGEST else repr(step)[:_LONGEST]
            path += f".{shown}" if path else shown
    return path or "The line"
