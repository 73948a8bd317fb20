"""What random tests share: damage to bytes, values for the wire, JSON, changes to real models."""

from __future__ import annotations

import copy
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from autograder.sandbox.wire import Ref

# Bytes

_OPERATIONS = st.sampled_from(["set", "set", "set", "flip", "cut", "drop", "repeat", "insert"])
damages = st.lists(
    st.tuples(_OPERATIONS, st.integers(0, 2**20), st.integers(0, 255) | st.sampled_from(b'019"[]{}$,-e')),
    min_size=1,
    max_size=6,
)


def damaged(content: bytes, operations: list[tuple[str, int, int]]) -> bytes:
    """Return ``content`` after some operations, each (what, where, how)."""
    received = bytearray(content)
    for what, where, how in operations:
        place = where % (len(received) or 1)
        match what:
            case "set":
                received[place : place + 1] = bytes([how])
            case "flip":
                received[place : place + 1] = bytes(
                    byte ^ 1 << how % 8 for byte in received[place : place + 1]
                )
            case "cut":
                del received[place:]
            case "drop":
                del received[place : place + how % 40]
            case "repeat":
                received[place:place] = received[place : place + how]
            case "insert":
                received[place:place] = bytes([how]) * (how % 20)
    return bytes(received)


# The wire

DTYPES = ("bool", "uint8", "int32", "int64", "float32", "float64")


def _array(dtype: str, shape: list[int], content: bytes) -> NDArray[Any]:
    """Return an array of any numbers; much faster than Hypothesis's own, which draws them one by one."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    repeated = (content * (size // len(content) + 1))[:size]
    numbers = np.frombuffer(repeated, "uint8") % 2 if dtype == "bool" else np.frombuffer(repeated, dtype)
    return numbers.astype(dtype).reshape(shape)


arrays = st.builds(
    _array,
    st.sampled_from(DTYPES),
    st.lists(st.integers(0, 4), max_size=4),
    st.binary(min_size=1, max_size=40) | st.just(b"\0"),
)
leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | st.text()
    | arrays
    | st.builds(Ref, st.text())
)
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text() | st.just("$array"), inner)
    ),
    max_leaves=12,
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("\ud800"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["$array", "$tuple", "$dict", "$ref", "$float", "a"]), inner)
    ),
    max_leaves=8,
)
tables = st.lists(
    st.tuples(
        st.sampled_from(["|b1", "|u1", "<i4", "<f8", "<c8", "|O"]),
        st.lists(st.integers(-1, 3) | st.sampled_from([2**26, 2**31, 2**62, 2**70]), max_size=4),
    ),
    max_size=3,
)

# Configurations of models

CONFIGS: dict[str, Any] = {
    path.stem: json.loads(path.read_text())
    for path in sorted((Path(__file__).parent / "data" / "model_configs").glob("*.json"))
}
"""What Keras writes for the models of ``keras_models.py`` beside them."""

CODE = ["4wEAAAAAAAAAAAAAAAQAAAADAAAA8xIAAACXAHQBAAAAAAAAAAAA", None, None]
MARSHALLED = {"class_name": "__lambda__", "config": {"value": CODE}}
KERAS_PATH = {
    "module": "keras.models",
    "class_name": "function",
    "config": "load_model",
    "registered_name": "f",
}
OS_SYSTEM = {"module": "os", "class_name": "function", "config": "system", "registered_name": "system"}
LAMBDA = {
    "module": "keras.layers",
    "class_name": "Lambda",
    "config": {"name": "x", "function": MARSHALLED, "arguments": {}},
}
PAYLOADS = [MARSHALLED, KERAS_PATH, OS_SYSTEM, LAMBDA]

_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["Dense", "Sequential", "Lambda", "keras", "keras.layers", "os", "relu", "d1", "start"])
)
_KEYS = st.text(max_size=5) | st.sampled_from(["module", "class_name", "config", "name", "layers", "units"])
JSON = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=12,
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Return every container and key in ``value``."""
    found: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        holder = waiting.pop()
        keys = list(holder) if isinstance(holder, dict) else range(len(holder))
        found += [(holder, key) for key in keys]
        waiting += [holder[key] for key in keys if isinstance(holder[key], dict | list)]
    return found


def _pieces() -> tuple[list[Any], dict[str, list[Any]]]:
    """Return everything that occurs in a real configuration, and what occurs under each key."""
    every: list[Any] = []
    by_key: dict[str, list[Any]] = {}
    for config in CONFIGS.values():
        for holder, key in places(config):
            every.append(holder[key])
            if type(key) is str:
                by_key.setdefault(key, []).append(holder[key])
    return every + PAYLOADS, by_key


PIECES, PIECES_BY_KEY = _pieces()
_SWAPS = ("drop", "anything", "same key", "same key", "wrapped", "neighbour", "type", "doubled")
changes = st.lists(
    st.tuples(st.sampled_from(_SWAPS), st.integers(0, 2**20), st.integers(0, 2**20)), min_size=1, max_size=3
)


def changed(name: str, operations: list[tuple[str, int, int]], anything: Any) -> Any:
    """Return a real configuration after some changes, each (what, where, which)."""
    config = copy.deepcopy(CONFIGS[name])
    for what, where, which in operations:
        if not (spots := places(config)):
            break
        holder, key = spots[where % len(spots)]
        if what == "drop":
            del holder[key]
        elif what == "doubled":
            _double(holder, key, which)
        else:
            other_holder, other_key = spots[which % len(spots)]
            holder[key] = _replacement(what, holder[key], key, which, (anything, other_holder[other_key]))
    return config


def _replacement(what: str, value: Any, key: Any, which: int, others: tuple[Any, Any]) -> Any:
    """Return what comes in the place of ``value``."""
    match what:
        case "anything":
            # A copy: put inside itself by the next change, it would never end.
            return copy.deepcopy(others[0] if which % 2 else PIECES[which % len(PIECES)])
        case "neighbour":
            return copy.deepcopy(others[1])
        case "wrapped":
            return [value] if which % 2 else {"config": value}
        case "type":
            return _of_another_type(value, which)
    same = PIECES_BY_KEY.get(key, PIECES)  # so that many changed models are still accepted
    return copy.deepcopy(same[which % len(same)])


def _double(holder: Any, key: Any, which: int) -> None:
    """Put an item there twice, or an option under another name."""
    if type(holder) is list:
        holder.insert(key, copy.deepcopy(holder[key]))
    else:
        holder[f"extra_{which % 3}"] = None if which % 2 else copy.deepcopy(holder[key])


def _of_another_type(value: Any, which: int) -> Any:
    """Return what looks like ``value`` and is of another type, or at the edge of its own."""
    if type(value) is bool:
        return (int(value), str(value), None)[which % 3]
    if type(value) in (int, float):
        return (
            value * 1.0 if abs(value) < 2**60 else 0.0,
            -value,
            10**400,
            float("nan"),
            float("inf"),
            str(value),
            bool(value),
        )[which % 7]
    if type(value) is str:
        return ("", value + "\n", value.upper(), value * 200, "\ud800", [value], {value: value})[which % 7]
    if type(value) is list:
        return (tuple(value), value * 40, dict(enumerate(value)), value[:1])[which % 4]
    return ({}, [], 0, False)[which % 4]


models = st.builds(changed, st.sampled_from(sorted(CONFIGS)), changes, JSON)
