"""The wire format between grader and sandbox: JSON and raw numeric frames, never pickle.

One message is ``u32 header length · u64 payload length · header · payload``. The header is JSON,
``{"value": tree, "frames": [[dtype, shape], …]}``; the payload is the frames' bytes, one after another.
In the tree, arrays, mappings, tuples and references are objects with one key that starts with ``$``. So a
student's strings and keys can never be mistaken for them.

Bytes from the sandbox may be forged. `decode` accepts only what is described here.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from autograder.sandbox.refusals import Reason, Refusal

PREFIX: Final = struct.Struct("=IQ")
MAX_MESSAGE: Final = 64 << 20
MAX_HEADER: Final = 4 << 20
_MAX_DEPTH: Final = 32
_MAX_NODES: Final = 50_000
_MAX_TEXT: Final = 1 << 20
_MAX_RANK: Final = 8
_DTYPES: Final = {name: np.dtype(name) for name in ("|b1", "|u1", "<i4", "<i8", "<f4", "<f8")}
# Narrow types are widened before sending, so the reader has few cases.
_WIDER: Final = {"float16": "<f4", "int8": "<i4", "int16": "<i4", "uint16": "<i4", "uint32": "<i8"}


class WireError(ValueError):
    """A message is invalid, or a value cannot be sent; the text of the error says what was received."""


class UnsendableError(WireError):
    """A value cannot be sent; ``refusal`` says why."""

    def __init__(self, reason: Reason, received: str | int | None = None, wanted: int | None = None) -> None:
        self.refusal = Refusal(reason, received, wanted)
        super().__init__(str(self.refusal))


@dataclass(frozen=True, slots=True)
class Ref:
    """A reference to an object that an earlier step of the same job kept in the worker."""

    name: str


def encode(value: object) -> bytes:
    """Return ``value`` as one message.

    Args:
        value: None, booleans, numbers, strings, arrays, `Ref`, and lists, tuples and string-keyed
            dictionaries of these.

    Raises:
        UnsendableError: the value holds anything else.
    """
    frames: list[np.ndarray[Any, Any]] = []
    tree = _flatten(value, frames, 0)
    header = json.dumps({"value": tree, "frames": [[f.dtype.str, list(f.shape)] for f in frames]}).encode()
    body = [frame.tobytes() for frame in frames]
    return b"".join([PREFIX.pack(len(header), sum(map(len, body))), header, *body])


def _flatten(value: object, frames: list[np.ndarray[Any, Any]], depth: int) -> Any:
    """Return the tree for ``value``, and append its arrays to ``frames``."""
    if depth > _MAX_DEPTH:
        raise UnsendableError(Reason.DEPTH)
    if value is None or isinstance(value, bool | str):
        return _text(value) if isinstance(value, str) else value
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, np.ndarray | np.generic):
        return _frame(np.asarray(value), frames)
    if isinstance(value, Ref):
        return {"$ref": _text(value.name)}
    if isinstance(value, list | tuple):
        items = [_flatten(item, frames, depth + 1) for item in value]
        return items if isinstance(value, list) else {"$tuple": items}
    if isinstance(value, dict):
        return {"$dict": [[_key(key), _flatten(item, frames, depth + 1)] for key, item in value.items()]}
    raise UnsendableError(Reason.OBJECT_TYPE, type_name(value))


def type_name(value: object) -> str:
    """Return the name of a value's type, as a string: a metaclass may return any object as the name."""
    return f"{type(value).__name__}"


def _text(value: str) -> str:
    """Return text that can be encoded as UTF-8: a lone surrogate becomes a question mark."""
    return value.encode("utf-8", "replace").decode()


def _number(value: float) -> float | dict[str, str]:
    """Return a number in JSON's form; infinities and NaN, which JSON does not have, become objects."""
    if isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise UnsendableError(Reason.NUMBER_SIZE)
        return int(value)
    return float(value) if math.isfinite(value) else {"$float": repr(float(value))}


def _key(key: object) -> str:
    """Return a dictionary's key, which has to be a string."""
    if not isinstance(key, str):
        raise UnsendableError(Reason.KEY_TYPE, type_name(key))
    return _text(key)


def _frame(array: np.ndarray[Any, Any], frames: list[np.ndarray[Any, Any]]) -> dict[str, int]:
    """Append an array, converted to one of the allowed types, and return the object for the tree."""
    wanted = _WIDER.get(array.dtype.name, array.dtype.newbyteorder("<").str)
    if wanted not in _DTYPES:
        raise UnsendableError(Reason.ARRAY_TYPE, array.dtype.name)
    if array.ndim > _MAX_RANK:
        raise UnsendableError(Reason.ARRAY_AXES, array.ndim)
    frames.append(np.ascontiguousarray(array, dtype=_DTYPES[wanted]).reshape(array.shape))
    return {"$array": len(frames) - 1}


def decode(message: bytes | memoryview) -> Any:
    """Return the value of one whole message, after checking all of it; its arrays are read-only.

    Raises:
        WireError: the message is not exactly as the module describes.
    """
    if len(message) < PREFIX.size:
        raise WireError(f"a message of {len(message)} bytes")
    header_size, payload_size = PREFIX.unpack_from(message)
    if len(message) != PREFIX.size + header_size + payload_size:
        raise WireError("a message whose length is not the one it announced")
    start = PREFIX.size + header_size
    header = _parse(bytes(message[PREFIX.size : start]))
    if not isinstance(header, dict) or set(header) != {"value", "frames"}:
        raise WireError("a header without value and frames")
    frames = _read_frames(header["frames"], memoryview(message).toreadonly()[start:])
    return _Reader(frames).read(header["value"], 0)


def _parse(text: bytes) -> Any:
    """Return the header's JSON."""
    if len(text) > MAX_HEADER:
        raise WireError(f"a header of {len(text)} bytes")
    try:
        return json.loads(text.decode(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise WireError("a header that is not JSON") from error


def _refuse_constant(name: str) -> None:
    """Refuse NaN and the infinities, which Python reads although JSON has none."""
    raise ValueError(f"a number {name}")


def _read_frames(table: Any, payload: memoryview) -> list[np.ndarray[Any, Any]]:
    """Split the payload into the arrays that the table describes."""
    if not isinstance(table, list) or len(table) > _MAX_NODES:
        raise WireError("a table of frames that is not a list")
    frames, offset = [], 0
    for row in table:
        dtype, shape = _row(row)
        size = dtype.itemsize * math.prod(shape)
        if offset + size > len(payload):
            raise WireError("a frame beyond the end of its message")
        flat = np.frombuffer(payload[offset : offset + size], dtype)
        if dtype.kind == "b" and flat.view(np.uint8).max(initial=0) > 1:
            raise WireError("a truth value that is neither 0 nor 1")
        frames.append(flat.reshape(shape))
        offset += size
    if offset != len(payload):
        raise WireError("a message with bytes that no frame owns")
    return frames


def _row(row: Any) -> tuple[np.dtype[Any], tuple[int, ...]]:
    """Return one frame's type and shape."""
    match row:
        case [str(name), list(shape)] if name in _DTYPES and len(shape) <= _MAX_RANK:
            # Axes beside an axis of length 0 are limited too: NumPy refuses shapes whose product overflows.
            if all(type(axis) is int and axis >= 0 for axis in shape) and _span(shape) <= MAX_MESSAGE:
                return _DTYPES[name], tuple(shape)
    raise WireError("a frame of unknown type or shape")


def _span(shape: list[int]) -> int:
    """Return the product of a shape's axes, without axes of length 0."""
    return math.prod(max(axis, 1) for axis in shape)


class _Reader:
    """Rebuilds the value from a tree, and limits how many nodes it may have."""

    def __init__(self, frames: list[np.ndarray[Any, Any]]) -> None:
        self._frames = frames
        self._unused = set(range(len(frames)))
        self._nodes = 0

    def read(self, tree: Any, depth: int) -> Any:
        self._nodes += 1
        if depth > _MAX_DEPTH or self._nodes > _MAX_NODES:
            raise WireError("a value too deep or too large")
        match tree:
            case None | bool():
                return tree
            case float() if math.isfinite(tree):
                return tree
            case int() if -(2**63) <= tree < 2**63:
                return tree
            case str() if len(tree) <= _MAX_TEXT:
                return _unicode(tree)
            case list():
                return [self.read(item, depth + 1) for item in tree]
            case dict() if len(tree) == 1:
                return self._special(*next(iter(tree.items())), depth)
        raise WireError(f"a value of unknown form ({type(tree).__name__})")

    def _special(self, kind: str, body: Any, depth: int) -> Any:
        match kind, body:
            case "$array", int() if type(body) is int and body in self._unused:
                # A frame can be used once: with many references, copies of the value could fill the memory.
                self._unused.remove(body)
                return self._frames[body]
            case "$tuple", list():
                return tuple(self.read(body, depth))
            case "$dict", list():
                return dict(self._pairs(body, depth))
            case "$ref", str():
                return Ref(_unicode(body))
            case "$float", ("nan" | "inf" | "-inf"):
                return float(body)
        raise WireError("a value of unknown form")

    def _pairs(self, body: list[Any], depth: int) -> Iterator[tuple[str, Any]]:
        for pair in body:
            match pair:
                case [str(key), item]:
                    yield _unicode(key), self.read(item, depth + 1)
                case _:
                    raise WireError("a dictionary with a malformed entry")


def _unicode(text: str) -> str:
    """Return text unchanged; refuse lone surrogates, which JSON can escape and a report cannot contain."""
    if text != _text(text):
        raise WireError("text that is not Unicode")
    return text


class MessageBuffer:
    """Splits a stream of bytes into messages, and refuses an invalid stream."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._total = 0

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Add bytes; yield the messages that are now complete.

        Args:
            chunk: the next bytes of the stream.

        Raises:
            WireError: a message, or all messages together, are too large. Earlier messages were yielded.
        """
        self._bytes += chunk
        self._total += len(chunk)
        if self._total > MAX_MESSAGE:
            raise WireError(f"more than {MAX_MESSAGE >> 20} MB of results")
        while (size := self._next_size()) is not None and len(self._bytes) >= size:
            message = bytes(self._bytes[:size])
            del self._bytes[:size]
            yield message

    def _next_size(self) -> int | None:
        """Return the length of the next message in bytes, or None if its prefix is not complete yet."""
        if len(self._bytes) < PREFIX.size:
            return None
        header, payload = PREFIX.unpack_from(self._bytes)
        if header > MAX_HEADER or header + payload > MAX_MESSAGE:
            raise WireError("a message that announces more than is allowed")
        return int(PREFIX.size + header + payload)
