"""Expectations about numbers and arrays.

Messages of a hidden check give shapes, the index of the first mismatch and the kind of error. They never give
the expected values, because a student who saw the values could return them as constants.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.checks.verdict import CheckFailed

Array = NDArray[Any]


def expect_value(
    what: str, received: object, expected: object, *, hint: str = "", reveal: bool = False
) -> None:
    """Expect two values to be equal: numbers, strings, or lists or tuples of these.

    A NumPy scalar or a 0-d array counts as the number it holds; True and 1 are different.

    Args:
        what: the value's name in the message, such as ``conv_output_size(5, 3)``.
        received: the value from the student's code.
        expected: the value from the reference.
        hint: where the student should look.
        reveal: show the expected value; for public checks.

    Raises:
        CheckFailed: the two values differ.
    """
    received, expected = _plain(received), _plain(expected)
    if _same(received, expected):
        return
    wanted = f"{what} to be {expected!r}" if reveal else f"the right value of {what}"
    raise CheckFailed(f"Expected {wanted}. Received: {_short(received)}.", hint)


def expect_array(  # noqa: PLR0913 - tolerances and wording have defaults
    what: str,
    received: object,
    expected: Array,
    *,
    relative: float = 1e-4,
    absolute: float = 1e-5,
    hint: str = "",
    reveal: bool = False,
    mistakes: Mapping[str, Array] | None = None,
) -> None:
    """Expect an array of the same shape and, within a tolerance, the same values.

    Args:
        what: the array's name in the message.
        received: the value from the student's code.
        expected: the array from the reference.
        relative: tolerated difference as a share of the expected value.
        absolute: tolerated difference in addition to ``relative``, in the array's unit.
        hint: where the student should look.
        reveal: show the two values at the first mismatch; for public checks.
        mistakes: arrays that known mistakes produce: description of the mistake → array. When one of them
            matches, the message gives the description of the first that does.

    Raises:
        CheckFailed: type, shape or values differ.
    """
    if isinstance(received, np.ndarray) and not _close(received, expected, relative, absolute):
        for mistake, its_array in (mistakes or {}).items():
            if _close(received, its_array, relative, absolute):
                raise CheckFailed(
                    f"Expected {what} to have the reference's values. Received: {mistake}.", hint
                )
    array = as_array(what, received, expected.shape, hint=hint)
    with np.errstate(all="ignore"):  # differences of very large floats overflow; they still count as wrong
        close = np.isclose(array, expected, rtol=relative, atol=absolute)
        if close.all():
            return
        kind = _kind_of_error(array, expected)
    first = tuple(int(axis) for axis in np.argwhere(~close)[0])
    wrong = int(close.size - close.sum())
    values = f", where {expected[first]:.6g} was expected and {array[first]:.6g} received" if reveal else ""
    differ = f"{kind}; {wrong} of {close.size} values differ, the first at index {_index(first)}"
    received_words = "another value" if close.size == 1 else differ
    raise CheckFailed(
        f"Expected {what} to have the reference's values. Received: {received_words}{values}.", hint
    )


def expect_numbers(what: str, received: object, count: int, *, hint: str = "") -> Array:
    """Expect a list, tuple or array of ``count`` finite numbers.

    A NumPy scalar or a 0-d array in a list counts as the number it holds.

    Args:
        what: the value's name in the message.
        received: the value from the student's code.
        count: how many numbers are expected.
        hint: where the student should look.

    Returns:
        The numbers as an array of shape (count,).

    Raises:
        CheckFailed: ``received`` is something else.
    """
    received = _plain(received) if isinstance(received, list | tuple) else received
    if isinstance(received, list | tuple) and all(type(item) in (int, float) for item in received):
        received = np.array(received, dtype=float)
    elif isinstance(received, list | tuple):
        kinds = ", ".join(sorted({type(item).__name__ for item in received}))
        raise CheckFailed(f"Expected {what} to be {count} numbers. Received: {kinds}.", hint)
    elif not isinstance(received, np.ndarray):
        raise CheckFailed(
            f"Expected {what} to be a list of {count} numbers. Received: {_short(received)}.", hint
        )
    return as_array(what, received, (count,), hint=hint)


def expect_number(what: str, received: object, *, hint: str = "") -> float:
    """Expect one finite number, alone or in an array of one element; return the number.

    Args:
        what: the value's name in the message.
        received: the value from the student's code.
        hint: where the student should look.

    Raises:
        CheckFailed: ``received`` is something else.
    """
    number = received.reshape(()) if isinstance(received, np.ndarray) and received.size == 1 else received
    number = _plain(number)
    if type(number) in (int, float):
        return float(as_array(what, np.asarray(number, dtype=float), (), hint=hint))
    raise CheckFailed(f"Expected {what} to be one number. Received: {_short(received)}.", hint)


def expect_weights(what: str, received: Sequence[Array], before: Sequence[Array]) -> list[Array]:
    """Expect a network to have as many weights as before, in the same shapes; return the weights.

    Student code could remove layers from a network that it was given, or add layers.

    Args:
        what: the network's name in the message.
        received: the network's weights now, in Keras's order.
        before: its weights before student code was called, in the same order.

    Raises:
        CheckFailed: the number of weights or a shape has changed.
    """
    shapes, wanted = ([weight.shape for weight in weights] for weights in (received, before))
    if shapes == wanted:
        return list(received)
    raise CheckFailed(
        f"Expected {what} to have the layers it had: weights of shapes {_shapes(wanted)}. "
        f"Received: {_shapes(shapes)}."
    )


def expect_pair(function: str, received: object, names: str) -> tuple[object, object]:
    """Expect a function to have returned two values, as a tuple or list; return both.

    Args:
        function: the function's name.
        received: what the function returned.
        names: what the two values are, such as "inputs and targets".

    Raises:
        CheckFailed: the function returned something else.
    """
    if isinstance(received, list | tuple) and len(received) == 2:
        return received[0], received[1]
    what = f"{len(received)} values" if isinstance(received, list | tuple) else _short(received)
    raise CheckFailed(f"Expected {function} to return two arrays: {names}. Received: {what}.")


def as_array(what: str, received: object, shape: Sequence[int | None], *, hint: str = "") -> Array:
    """Return ``received`` if it is an array of finite numbers with this shape.

    Args:
        what: the array's name in the message.
        received: the value from the student's code.
        shape: the expected size of each axis; None accepts any size.
        hint: where the student should look.

    Raises:
        CheckFailed: ``received`` is not an array, has another shape, or contains NaN or infinity.
    """
    if not isinstance(received, np.ndarray):
        raise CheckFailed(
            f"Expected {what} to be a NumPy array. Received: {_short(received)}.", hint, any_seed=True
        )
    if len(received.shape) != len(shape) or any(
        wanted is not None and size != wanted for size, wanted in zip(received.shape, shape, strict=True)
    ):
        axes = ["any" if axis is None else str(axis) for axis in shape]
        wanted_shape = f"({', '.join(axes)}{',' if len(axes) == 1 else ''})"
        message = f"Expected {what} to have shape {wanted_shape}. Received: {received.shape}."
        raise CheckFailed(message, hint, any_seed=True)
    if not np.isfinite(received).all():
        first = _index(tuple(int(axis) for axis in np.argwhere(~np.isfinite(received))[0]))
        raise CheckFailed(f"Expected {what} to be finite. Received: NaN or infinity at index {first}.", hint)
    return received


def _close(received: Array, other: Array, relative: float, absolute: float) -> bool:
    """Return whether two arrays have the same shape and, within a tolerance, the same values."""
    if received.shape != other.shape:
        return False
    with np.errstate(all="ignore"):
        return bool(np.isclose(received, other, rtol=relative, atol=absolute).all())


def _kind_of_error(received: Array, expected: Array) -> str:
    """Describe how the values differ without revealing the expected values."""
    received, expected = received.astype(float), expected.astype(float)
    if not received.any():
        return "zeros everywhere"
    if np.ptp(received) == 0:
        return "one and the same value everywhere"
    difference = received - expected
    if np.isfinite(difference).all() and np.ptp(difference) <= 1e-3 * np.abs(difference).max():
        return "every value off by the same amount"
    scale = float((received * expected).sum() / max(float((expected * expected).sum()), 1e-30))
    if scale and np.allclose(received, scale * expected, rtol=1e-4, atol=1e-6):
        return "every value off by the same factor"
    return "other values"


def _plain(value: object) -> object:
    """Return a NumPy scalar or 0-d array as the number it holds, also inside lists and tuples."""
    if isinstance(value, np.ndarray | np.generic):
        return value.item() if value.ndim == 0 else value
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return tuple(_plain(item) for item in value) if isinstance(value, tuple) else value


def _same(received: object, expected: object) -> bool:
    """Return whether two plain values are equal; an array or a dictionary is never equal to anything."""
    if isinstance(received, list | tuple) and isinstance(expected, list | tuple):
        same_kind = isinstance(received, list) == isinstance(expected, list)
        return same_kind and len(received) == len(expected) and all(map(_same, received, expected))
    if isinstance(received, np.ndarray | list | tuple | dict):
        return False
    return received == expected and isinstance(received, bool) == isinstance(expected, bool)


def _shapes(shapes: Sequence[tuple[int, ...]]) -> str:
    """Return the first eight shapes in one line."""
    return ", ".join(map(str, shapes[:8])) + (", …" if len(shapes) > 8 else "") if shapes else "none"


def _short(value: object) -> str:
    """Return a value's type and the beginning of its text."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    if value is None:
        return "None (is a return missing?)"
    text = " ".join(repr(value).split())
    return f"{text[:80]}… ({type(value).__name__})" if len(text) > 80 else f"{text} ({type(value).__name__})"


def _index(position: tuple[int, ...]) -> str:
    """Return an index as NumPy writes it."""
    return "[" + ", ".join(map(str, position)) + "]"
