"""The picture of a confusion matrix."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image, ImageDraw

from autograder.pictures._shades import ramp, readable_on
from autograder.pictures._style import DIM, LINE, PAPER, TEXT, font
from autograder.pictures.png import encode_png

Array = NDArray[Any]

_WORDS: Final = 15
_MARGIN: Final = 18
_MOST_CLASSES: Final = 20


def confusion_matrix(labels: ArrayLike, answers: ArrayLike, classes: int) -> bytes:
    """Draw a confusion matrix: a row for each right class, a column for each class that the network answers.

    Right answers are blue, errors orange. The shade is proportional to the square root of a cell's share of
    its row, so that rare errors are visible. A line below says how many answers are right.

    Args:
        labels: the right classes, shape (N,), from 0 to ``classes`` - 1.
        answers: the network's classes, shape (N,), in the same range.
        classes: the number of classes, at most 20.

    Returns:
        A PNG file.

    Raises:
        ValueError: ``classes`` is out of range, a label or an answer is no class, there are no labels, or
            there are not as many answers as labels.
    """
    if not 1 <= classes <= _MOST_CLASSES:
        raise ValueError(f"Expected 1 to {_MOST_CLASSES} classes. Received: {classes}")
    right, answered = _class_numbers("labels", labels, classes), _class_numbers("answers", answers, classes)
    if len(right) != len(answered) or not len(right):
        raise ValueError(f"Expected as many answers as labels. Received: {len(answered)} and {len(right)}")
    counts = np.bincount(right * classes + answered, minlength=classes**2).reshape(classes, classes)
    side = max(44 if classes <= 10 else 36, math.ceil(font(_WORDS).getlength(str(counts.max()))) + 14)
    left, top = _MARGIN + 26, 44
    end, bottom = left + classes * side, top + classes * side
    axis, line = "what the network says", _accuracy_line(int(np.trace(counts)), len(right))
    ends = [left + math.ceil(font(_WORDS).getlength(words)) for words in (axis, line)]
    picture = Image.new("RGB", (max(end, *ends) + _MARGIN, bottom + 90), PAPER)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((left - 1, top - 1, end - 1, bottom - 1), LINE)
    _draw_counts(draw, counts, (left, top), side)
    for number in range(classes):
        middle = (number + 0.5) * side
        draw.text((left - 10, top + middle), str(number), DIM, font(_WORDS), anchor="rm")
        draw.text((left + middle, bottom + 14), str(number), DIM, font(_WORDS), anchor="mm")
    draw.text((left, 26), "what it is", DIM, font(_WORDS), anchor="lm")
    draw.text((max(end, ends[0]), bottom + 38), axis, DIM, font(_WORDS), anchor="rm")
    draw.text((left, bottom + 68), line, TEXT, font(_WORDS), anchor="lm")
    return encode_png(picture)


def _class_numbers(name: str, values: ArrayLike, classes: int) -> Array:
    """Return validated class numbers as an array of shape (N,)."""
    array = np.asarray(values)
    if array.ndim != 1:
        raise ValueError(f"{name}: expected shape (N,). Received: {array.shape}")
    odd = array[~np.isin(array, np.arange(classes))]
    if odd.size:
        raise ValueError(f"{name}: expected classes from 0 to {classes - 1}. Received: {odd[0]}")
    whole: Array = array.astype(int)
    return whole


def _accuracy_line(right: int, total: int) -> str:
    return f"{right:,} of {total:,} right ({100 * right / total:.1f} %)"


def _draw_counts(draw: ImageDraw.ImageDraw, counts: Array, corner: tuple[int, int], side: int) -> None:
    """Draw the cells of a confusion matrix."""
    shares = np.sqrt(counts / np.maximum(1, counts.sum(axis=1, keepdims=True)))
    signs = np.where(np.eye(len(counts), dtype=bool), -1, 1)
    colours = ramp(0.5 + 0.5 * signs * shares, signed=True).tolist()
    for (row, column), count in np.ndenumerate(counts):
        left, top = corner[0] + column * side, corner[1] + row * side
        red, green, blue = colours[row][column]
        draw.rectangle((left, top, left + side - 2, top + side - 2), (red, green, blue))
        if count:
            middle = left + (side - 1) / 2, top + (side - 1) / 2
            ink = readable_on((red, green, blue), TEXT)
            draw.text(middle, str(count), ink, font(_WORDS), anchor="mm")
