"""Pictures of several images: in rows of equal length, or in one row for each label."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image, ImageDraw

from autograder.pictures._style import EDGE, TEXT, fitted, font
from autograder.pictures._tiles import GAP, strip
from autograder.pictures.limits import refuse_large
from autograder.pictures.png import encode_png

Array = NDArray[Any]

_LABEL: Final = 15
_WIDEST_LABEL: Final = 220


def image_grid(
    images: ArrayLike, columns: int, *, scale: int = 2, labels: Sequence[str] | None = None
) -> bytes:
    """Draw images in rows of ``columns``.

    Args:
        images: shape (N, height, width) or (N, height, width, 1), from 0 (white) to 1 (black). Values outside
            this range are clipped; NaN is white.
        columns: images in a row.
        scale: the side of the square, in pixels, that is drawn for each pixel of an image.
        labels: one text for each row, written to the left of the row.

    Returns:
        A PNG file.

    Raises:
        ValueError: the images have another shape, the number of labels differs from the number of rows,
            ``columns`` or ``scale`` is below 1, or the picture would have more than 4 megapixels.
    """
    stack = _stack("images", images)
    if columns < 1:
        raise ValueError(f"Expected at least one column. Received: {columns}")
    rows = [stack[start : start + columns] for start in range(0, len(stack), columns)]
    names = [""] * len(rows) if labels is None else list(labels)
    if len(names) != len(rows):
        raise ValueError(f"Expected a label for each of {len(rows)} rows. Received: {len(names)}")
    return _draw_tiles(names, rows, scale)


def image_rows(rows: Mapping[str, ArrayLike], *, scale: int = 2) -> bytes:
    """Draw one row of images for each label, such as samples at several steps of a training.

    Args:
        rows: label → images as in `image_grid`. All images have the same size; rows may differ in length.
        scale: as in `image_grid`.

    Returns:
        A PNG file.

    Raises:
        ValueError: there are no rows, images have another shape or different sizes, ``scale`` is below 1, or
            the picture would have more than 4 megapixels.
    """
    if not rows:
        raise ValueError("Expected at least one row of images. Received: none")
    stacks = [_stack(name, images) for name, images in rows.items()]
    sizes = {stack.shape[1:] for stack in stacks}
    if len(sizes) > 1:
        raise ValueError(f"Expected images of one size in all rows. Received: {sorted(sizes)}")
    return _draw_tiles(list(rows), stacks, scale)


def _stack(name: str, images: ArrayLike) -> Array:
    """Return images as one array of shape (N, height, width), with shades of grey from 0 to 255."""
    array = np.asarray(images, dtype=float)
    if array.ndim == 4 and array.shape[-1] == 1:
        array = array[..., 0]
    if array.ndim != 3 or not array.size:
        raise ValueError(f"{name}: expected images of shape (N, height, width). Received: {array.shape}")
    ink = np.clip(np.nan_to_num(array, nan=0.0), 0.0, 1.0)
    grey: Array = np.rint(255 * (1 - ink)).astype(np.uint8)
    return grey


def _draw_tiles(names: Sequence[str], rows: Sequence[Array], scale: int) -> bytes:
    """Draw rows of images with their labels."""
    if scale < 1:
        raise ValueError(f"Expected a scale of at least 1. Received: {scale}")
    shown = [fitted(name, _WIDEST_LABEL, _LABEL) for name in names]
    room = math.ceil(max(font(_LABEL).getlength(name) for name in shown))
    left = EDGE + (room + 10 if room else 0)
    tall, wide = (side * scale + GAP for side in rows[0].shape[1:])
    step = max(tall, _LABEL + 6) if room else tall
    width = left + GAP + wide * max(map(len, rows)) + EDGE
    height = 2 * EDGE + GAP + step * (len(rows) - 1) + tall
    refuse_large(width, height)
    paper = np.full((height, width), 255, np.uint8)
    for number, images in enumerate(rows):
        row = strip(images, scale)
        top = EDGE + number * step
        paper[top : top + row.shape[0], left : left + row.shape[1]] = row
    picture = Image.fromarray(paper)
    draw = ImageDraw.Draw(picture)
    for number, name in enumerate(shown):
        middle = EDGE + number * step + (tall + GAP) / 2
        draw.text((left - 10, middle), name, TEXT[0], font(_LABEL), anchor="rm")
    return encode_png(picture)
