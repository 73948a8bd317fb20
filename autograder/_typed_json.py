"""Dataclasses from JSON: every field is checked against its declared type, and an error names the field."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, TypeVar, get_args, get_origin, get_type_hints

Record = TypeVar("Record")

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
    record: Record = _record(kind, entry, where)
    return record


def _record(kind: Any, entry: Any, where: str) -> Any:
    """Build a dataclass; see `read_record`."""
    if not isinstance(entry, dict):
        raise _mismatch(where, "an object", entry)
    known = _fields(kind)
    for name in entry:
        if name not in known:
            raise ValueError(f"{_path(where, name)}: there is no such field.")
    for name, (_, optional) in known.items():
        if name not in entry and not optional:
            raise ValueError(f"{_path(where, name)}: the field is missing.")
    return kind(**{name: _value(known[name][0], value, _path(where, name)) for name, value in entry.items()})


@cache
def _fields(kind: type) -> dict[str, tuple[Any, bool]]:
    """Return for each field its type, and whether it may be missing."""
    assert is_dataclass(kind)
    types = get_type_hints(kind)
    return {
        field.name: (types[field.name], not (field.default is MISSING and field.default_factory is MISSING))
        for field in fields(kind)
    }


def _value(kind: Any, value: Any, where: str) -> Any:
    """Return a JSON value converted to a type.

    Raises:
        ValueError: the value does not fit the type.
    """
    origin, inner = get_origin(kind), get_args(kind)
    if origin is UnionType:
        [other] = [one for one in inner if one is not NoneType]
        return None if value is None else _value(other, value, where)
    if origin is tuple:
        if not isinstance(value, list):
            raise _mismatch(where, "a list", value)
        return tuple(_value(inner[0], one, f"{where}[{number}]") for number, one in enumerate(value))
    if origin is dict:
        if not isinstance(value, dict):
            raise _mismatch(where, "an object", value)
        return {name: _value(inner[1], one, _path(where, name)) for name, one in value.items()}
    if is_dataclass(kind):
        return _record(kind, value, where)
    return _enum_member(kind, value, where) if issubclass(kind, Enum) else _plain(kind, value, where)


def _enum_member(kind: type[Enum], value: Any, where: str) -> Enum:
    """Return the member of an enumeration that has this value."""
    try:
        return kind(value)
    except ValueError:
        raise _mismatch(where, f"one of {', '.join(str(one.value) for one in kind)}", value) from None


def _plain(kind: type, value: Any, where: str) -> Any:
    """Return a string or a number, if it is of its type."""
    words, fits = _PLAIN[kind]
    if not fits(value):
        raise _mismatch(where, words, value)
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


def _path(where: str, name: str) -> str:
    """Return the path to a field; a damaged file may have names of any length with any characters."""
    shown = name if name.isidentifier() and len(name) <= _LONGEST else repr(name)[:_LONGEST]
    return f"{where}.{shown}" if where else shown


def _mismatch(where: str, expected: str, received: object) -> ValueError:
    return ValueError(f"{where or 'The line'}: expected {expected}. Received: {repr(received)[:_LONGEST]}")
