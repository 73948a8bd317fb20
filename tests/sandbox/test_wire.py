"""The wire: what may cross arrives as it was sent, and whatever else arrives is refused as a WireError."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import math
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import pytest
from harmless import assert_harmless_value, assert_same, framed, raw
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from strategies import DTYPES, damaged, damages, json_values, leaves, tables, values

from autograder.sandbox import wire
from autograder.sandbox.wire import PREFIX, MessageBuffer, Ref, WireError, decode, encode

FEW = settings(max_examples=200, deadline=None)


def refusal(message: bytes) -> str:
    with pytest.raises(WireError) as caught:
        decode(message)
    return str(caught.value)


# What may cross


@FEW
@given(values)
@example([math.nan, math.inf, -math.inf, -0.0])
@example({"$array": 0, "": {"$dict": []}})
def test_values_arrive_as_they_were_sent(value: Any) -> None:
    assert_same(decode(encode(value)), value)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (3, 0, 2), (1,) * 8])
def test_arrays_of_every_type_and_shape_arrive(dtype: str, shape: tuple[int, ...]) -> None:
    sent = np.ones(shape, dtype)
    assert_same(decode(encode([sent, True, sent])), [sent, True, sent])


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        ("float16", "float32"),
        ("int8", "int32"),
        ("int16", "int32"),
        ("uint16", "int32"),
        ("uint32", "int64"),
    ],
)
@pytest.mark.parametrize("order", ["<", ">"])
def test_narrow_types_are_widened(narrow: str, wide: str, order: Literal["<", ">"]) -> None:
    sent = np.array([0, 1, 100], narrow)
    assert_same(decode(encode(sent.astype(sent.dtype.newbyteorder(order)))), sent.astype(wide))


@pytest.mark.parametrize("dtype", [">i4", ">i8", ">f4", ">f8"])
def test_big_endian_arrays_keep_their_values(dtype: str) -> None:
    sent = np.array([1, -2, 300], dtype)
    assert_same(decode(encode(sent)), sent.astype(dtype.replace(">", "<")))


@pytest.mark.parametrize(
    "view",
    [lambda a: a[::2, ::-1], lambda a: a.T, np.asfortranarray, lambda a: np.broadcast_to(a[0], (5, 6))],
    ids=["steps", "transposed", "columns-first", "repeated"],
)
def test_non_contiguous_arrays_arrive_in_order(view: Any) -> None:
    sent: NDArray[Any] = view(np.arange(24.0).reshape(4, 6))
    assert_same(decode(encode(sent)), np.array(sent, order="C"))


def test_numpy_scalars_become_numbers_or_arrays() -> None:
    assert_same(decode(encode(np.float64(0.5))), 0.5)
    assert_same(decode(encode(np.float32(0.5))), np.array(0.5, "float32"))
    assert_same(decode(encode(np.bool_(True))), np.array(True))


def test_half_a_character_becomes_a_question_mark() -> None:
    value = {"a\ud800": ["\udfff", Ref("\ud800")]}
    assert decode(encode(value)) == {"a?": ["?", Ref("?")]}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (object(), "an object of type object"),
        ([{1, 2}], "an object of type set"),
        (b"bytes", "an object of type bytes"),
        (1j, "an object of type complex"),
        (np.array([None]), "an array of type object"),
        (np.zeros(2, "complex64"), "an array of type complex64"),
        (np.zeros(2, "uint64"), "an array of type uint64"),
        (np.array(["text"]), "an array of type str128"),
        (np.array(0, "datetime64[s]"), "an array of type datetime64[s]"),
        (np.zeros(1, [("a", "i4")]), "an array of type void32"),
        (np.zeros((1,) * 9), "an array with 9 axes"),
        (2**63, "a whole number beyond 64 bits"),
        (-(2**63) - 1, "a whole number beyond 64 bits"),
        ({"a": {1: 2}}, "a dictionary with a key of type int"),
    ],
)
def test_what_may_not_cross_is_named(value: object, message: str) -> None:
    with pytest.raises(WireError) as caught:
        encode(value)
    assert str(caught.value) == message


def test_deep_nesting_is_refused_where_it_is_sent() -> None:
    value: list[Any] = []
    for _ in range(32):
        value = [value]
    assert_same(decode(encode(value)), value)
    with pytest.raises(WireError, match="nested too deeply"):
        encode([value])
    value.append(value)
    with pytest.raises(WireError, match="nested too deeply"):
        encode(value)


# What arrives


@FEW
@given(st.binary(max_size=200) | st.builds(framed, st.binary(max_size=80), st.binary(max_size=40)))
def test_random_bytes_are_refused_or_harmless(message: bytes) -> None:
    with contextlib.suppress(WireError):
        assert_harmless_value(decode(message))


@settings(max_examples=400, deadline=None)
@given(values, damages)
def test_damaged_messages_are_refused_or_harmless(value: Any, operations: list[tuple[str, int, int]]) -> None:
    with contextlib.suppress(WireError):
        assert_harmless_value(decode(damaged(encode(value), operations)))


@FEW
@given(json_values, json_values | tables, st.binary(max_size=40))
def test_forged_headers_are_refused_or_harmless(tree: Any, table: Any, payload: bytes) -> None:
    with contextlib.suppress(WireError):
        assert_harmless_value(decode(raw(tree, table, payload)))


@pytest.mark.parametrize("change", [(1, 0), (0, 1), (-1, 0), (0, -1), (2, -2), (2**20, 0), (0, 2**40)])
def test_lengths_have_to_be_those_of_the_message(change: tuple[int, int]) -> None:
    message = encode([np.zeros(2), "text"])
    header, payload = PREFIX.unpack_from(message)
    lie = PREFIX.pack(header + change[0], payload + change[1]) + message[PREFIX.size :]
    assert refusal(lie)


@pytest.mark.parametrize("length", range(PREFIX.size))
def test_a_message_below_prefix_size_is_refused(length: int) -> None:
    assert refusal(bytes(length)) == f"a message of {length} bytes"


@pytest.mark.parametrize(
    ("table", "payload", "message"),
    [
        ([["<f8", [2]]], bytes(8), "beyond the end"),
        ([["<f8", [1]], ["|u1", [1]]], bytes(8), "beyond the end"),
        ([["<f8", [1]]], bytes(9), "bytes that no frame owns"),
        ([], bytes(1), "bytes that no frame owns"),
        ([["<f8", [-1]]], bytes(8), "unknown type or shape"),
        ([["<f8", [-1, -1]]], bytes(8), "unknown type or shape"),
        ([["|u1", [True]]], bytes(1), "unknown type or shape"),
        ([["|u1", [1.0]]], bytes(1), "unknown type or shape"),
        ([["|u1", 1]], bytes(1), "unknown type or shape"),
        ([["|u1", [1], 0]], bytes(1), "unknown type or shape"),
        ([["|O", [1]]], bytes(8), "unknown type or shape"),
        ([["<c8", [1]]], bytes(8), "unknown type or shape"),
        ([["f8", [1]]], bytes(8), "unknown type or shape"),
        ([[["<f8"], [1]]], bytes(8), "unknown type or shape"),
        ([["|u1", [1] * 9]], bytes(1), "unknown type or shape"),
        ([["<f8", [2**40, 2**40]]], b"", "unknown type or shape"),
        ([["<f8", [0, 2**62]]], b"", "unknown type or shape"),
        ([["<f8", [0, 2**26, 2**26, 2**26]]], b"", "unknown type or shape"),
        ([["|u1", [2**26]]], b"", "beyond the end"),
        ([["|b1", [3]]], b"\x00\x01\x02", "neither 0 nor 1"),
        ([["|b1", []]], b"\xff", "neither 0 nor 1"),
        ({}, b"", "not a list"),
        ("|u1", b"", "not a list"),
        ([0] * 50_001, b"", "not a list"),
    ],
)
def test_a_table_of_frames_cannot_lie(table: Any, payload: bytes, message: str) -> None:
    assert message in refusal(raw(None, table, payload))


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"\xff\xfe",
        b'{"value": "\xe4", "frames": []}',
        json.dumps({"value": 0, "frames": []}).encode("utf-16"),
        b'{"value": 0, "frames": []',
        b'{"value": NaN, "frames": []}',
        b'{"value": [-Infinity], "frames": []}',
        b'{"value": 0, "frames": [], "more": Infinity}',
        b'{"value": ' + b"9" * 10_000 + b', "frames": []}',
        b'{"value": ' + b"[" * 500_000 + b"]" * 500_000 + b', "frames": []}',
        b'{"value": ' + b'{"$dict":' * 100_000 + b"0" + b"}" * 100_000 + b', "frames": []}',
    ],
)
def test_a_header_has_to_be_json(header: bytes) -> None:
    assert refusal(framed(header)) == "a header that is not JSON"


@pytest.mark.parametrize("header", [b"0", b"[]", b"{}", b'{"value": 0}', b'{"value":0,"frames":[],"more":0}'])
def test_a_header_has_only_value_and_frames(header: bytes) -> None:
    assert refusal(framed(header)) == "a header without value and frames"


def test_a_header_has_a_largest_size() -> None:
    header = b'{"value": [' + b" " * wire.MAX_HEADER + b'], "frames": []}'
    assert refusal(framed(header)) == f"a header of {len(header)} bytes"


@pytest.mark.parametrize(
    "tree",
    [
        {},
        {"a": 1},
        {"$array": 1, "$ref": "x"},
        {"$unknown": 0},
        {"$array": 0},
        {"$array": -1},
        {"$array": True},
        {"$array": "0"},
        {"$tuple": {"$dict": []}},
        {"$tuple": "ab"},
        {"$dict": {}},
        {"$dict": [["a"]]},
        {"$dict": [["a", 1, 2]]},
        {"$dict": [[1, 2]]},
        {"$dict": ["ab"]},
        {"$ref": 1},
        {"$float": "1e5"},
        {"$float": 1.0},
        2**63,
        -(2**63) - 1,
        "x" * ((1 << 20) + 1),
        [0] * 50_000,
    ],
)
def test_values_of_unknown_form_are_refused(tree: Any) -> None:
    words = (
        "a value of unknown form",
        "a value too deep or too large",
        "a dictionary with a malformed entry",
    )
    assert refusal(raw(tree)).startswith(words)


@pytest.mark.parametrize("tree", ["\ud800", {"$ref": "\udfff"}, {"$dict": [["\ud800", 0]]}])
def test_text_that_cannot_be_written_is_refused(tree: Any) -> None:
    assert refusal(raw(tree)) == "text that is not Unicode"


def test_a_number_beyond_float_range_is_refused() -> None:
    assert "unknown form" in refusal(framed(b'{"value": 1e999, "frames": []}'))


def test_deep_nesting_is_refused_where_it_arrives() -> None:
    tree: list[Any] = []
    for _ in range(33):
        tree = [tree]
    assert refusal(raw(tree)) == "a value too deep or too large"


def test_of_equal_keys_the_last_one_counts() -> None:
    assert decode(raw({"$dict": [["a", 1], ["a", 2]]})) == {"a": 2}


def test_a_frame_may_be_unused_but_not_used_twice() -> None:
    frames, payload = [["|u1", [1]], ["<i4", []]], b"\x00\x05\x00\x00\x00"
    assert decode(raw({"$array": 1}, frames, payload)) == 5
    assert refusal(raw([{"$array": 1}, {"$array": 1}], frames, payload)) == "a value of unknown form"


def test_received_arrays_cannot_be_written_to() -> None:
    received = decode(encode(np.zeros(3)))
    assert not received.flags.writeable


def test_a_reference_is_a_value() -> None:
    assert Ref("a") == Ref("a")
    with pytest.raises(dataclasses.FrozenInstanceError):
        Ref("a").name = "b"  # type: ignore[misc]


# A stream of messages


@settings(max_examples=100, deadline=None)
@given(st.lists(leaves, max_size=4), st.lists(st.integers(0, 400)))
def test_chunk_sizes_do_not_change_the_messages(sent: list[Any], cuts: list[int]) -> None:
    messages = [encode(value) for value in sent]
    stream, buffer = b"".join(messages), MessageBuffer()
    places = [0, *sorted(cuts), len(stream)]
    received = [whole for begin, end in pairwise(places) for whole in buffer.feed(stream[begin:end])]
    assert received == messages


@pytest.mark.parametrize(
    ("header", "payload"),
    [(wire.MAX_HEADER + 1, 0), (2**32 - 1, 0), (0, wire.MAX_MESSAGE + 1), (10, 2**64 - 1)],
)
def test_an_announced_size_too_large_is_refused(header: int, payload: int) -> None:
    """It is refused before its content has arrived."""
    with pytest.raises(WireError, match="announces more than is allowed"):
        list(MessageBuffer().feed(PREFIX.pack(header, payload)))


def test_all_messages_together_are_limited() -> None:
    buffer = MessageBuffer()
    message = encode(np.zeros(1 << 20))
    for _ in range(7):
        assert list(buffer.feed(message)) == [message]
    with pytest.raises(WireError, match="more than 64 MB of results"):
        list(buffer.feed(message))
