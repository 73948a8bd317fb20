"""Pictures of a network's internals: feature maps, kernels, states over time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image, ImageDraw

from autograder.pictures._charts import Axis
from autograder.pictures._shades import Scale
from autograder.pictures._style import DIM, EDGE, LINE, PAPER, TEXT, fitted, font
from autograder.pictures._tiles import GAP, extent, grid, resized
from autograder.pictures.limits import refuse_large
from autograder.pictures.png import encode_png

Array = NDArray[Any]

_TITLE: Final = 19
_WORDS: Final = 15
_SMALL: Final = 13
_MARGIN: Final = 18
_TILE: Final = 56  # a multiple of the sides of maps of 28, 14, 8, 7 and 4 pixels
_BOX: Final = (_TILE + GAP) // 2 - GAP  # two boxes are as wide as a tile
_WIDE_GAP: Final = 5  # between coloured tiles a narrower gap is hard to see
_MOST_MAPS: Final = 128
_MOST_NUMBERED: Final = 20
_HEADING: Final = 24
_NARROWEST: Final = 420
_MOST_ROWS: Final = 64
_MOST_COLUMNS: Final = 500


def layer_rows(layers: Mapping[str, ArrayLike], *, columns: int = 16) -> bytes:
    """Draw the activations of each layer for one image, one layer below the other.

    All tiles have the same size, so the picture shows how feature maps lose resolution and grow in number.
    All values of a layer share one colour scale, from the smallest (white) to the largest (dark blue). The
    layer's heading states both values. NaN and infinity are grey.

    Args:
        layers: layer name → feature maps of shape (height, width, F), or numbers of shape (F,). Only the
            first 128 maps or numbers of a layer are drawn, and the heading says so. Larger maps are
            subsampled to 56 pixels. Up to 20 numbers have their index below them.
        columns: maps in a row; a row of numbers has twice as many.

    Returns:
        A PNG file.

    Raises:
        ValueError: there are no layers, a layer has another shape, ``columns`` is below 1, or the picture
            would have more than 4 megapixels.
    """
    if not layers:
        raise ValueError("Expected at least one layer. Received: none")
    _refuse_below_one("column", columns)
    blocks = [_layer(name, values, columns) for name, values in layers.items()]
    width = max(_NARROWEST, *(block.width for block in blocks)) + 2 * EDGE
    legend = Scale(0, 1)
    height = 2 * EDGE + sum(_HEADING + block.height + EDGE for block in blocks) + legend.size[1]
    refuse_large(width, height)
    picture = Image.new("RGB", (width, height), PAPER)
    top = EDGE
    for (name, values), block in zip(layers.items(), blocks, strict=True):
        _draw_heading(picture, top, name, _details(np.asarray(values, dtype=float)))
        picture.paste(block, (EDGE, top + _HEADING))
        top += _HEADING + block.height + EDGE
    legend.draw(picture, (EDGE, top + EDGE), "smallest", "largest of a layer")
    return encode_png(picture)


def signed_tiles(images: ArrayLike, columns: int, *, scale: int = 8) -> bytes:
    """Draw arrays of positive and negative numbers, such as the kernels of a first layer.

    All arrays share one colour scale: 0 is white, negative numbers are blue, positive numbers orange. The
    scale ends at the largest absolute value, which a legend states. NaN and infinity are grey.

    Args:
        images: shape (N, height, width) or (N, height, width, 1).
        columns: images in a row.
        scale: the side of the square, in pixels, that is drawn for each number.

    Returns:
        A PNG file.

    Raises:
        ValueError: the images have another shape, ``columns`` or ``scale`` is below 1, or the picture would
            have more than 4 megapixels.
    """
    array = np.asarray(images, dtype=float)
    if array.ndim == 4 and array.shape[-1] == 1:
        array = array[..., 0]
    if array.ndim != 3 or not array.size:
        raise ValueError(f"Expected images of shape (N, height, width). Received: {array.shape}")
    _refuse_below_one("column", columns)
    _refuse_below_one("pixel as the scale", scale)
    shown = Scale.around_zero(array)
    wide, tall = extent(array.shape, columns, scale, _WIDE_GAP)
    width = max(wide, shown.size[0]) + 2 * EDGE
    height = tall + shown.size[1] + 4 * EDGE
    refuse_large(width, height)
    picture = Image.new("RGB", (width, height), PAPER)
    picture.paste(grid(shown.shades(array), columns, scale, _WIDE_GAP), (EDGE, EDGE))
    shown.draw(picture, (EDGE, tall + 3 * EDGE))
    return encode_png(picture)


def heat_map(values: ArrayLike, *, title: str, x_label: str, y_label: str) -> bytes:
    """Draw signed numbers over time, such as the states of cells: one row for each cell, time to the right.

    0 is white, negative numbers are blue, positive numbers orange, NaN and infinity grey. A legend states the
    scale. Rows and columns are numbered from 1. More than 500 columns or 64 rows are refused and not
    subsampled, because a change in a single step must stay visible.

    Args:
        values: shape (rows, columns), such as (cells, steps).
        title: the text above the picture.
        x_label: the meaning of a column, such as "step".
        y_label: the meaning of a row, such as "cell".

    Returns:
        A PNG file.

    Raises:
        ValueError: the values have another shape, or too many rows or columns.
    """
    array = np.asarray(values, dtype=float)
    if array.ndim != 2 or not array.size:
        raise ValueError(f"Expected values of shape (rows, columns). Received: {array.shape}")
    rows, columns = array.shape
    if rows > _MOST_ROWS or columns > _MOST_COLUMNS:
        raise ValueError(
            f"Expected at most {_MOST_ROWS} rows and {_MOST_COLUMNS} columns. Received: {rows} × {columns}"
        )
    wide, tall = max(2, 720 // columns), min(26, max(10, 480 // rows))
    shown = Scale.around_zero(array)
    left, top = _MARGIN + 30, 68
    right, bottom = left + columns * wide, top + rows * tall
    picture = Image.new("RGB", (right + _MARGIN, bottom + 34 + shown.size[1] + EDGE), PAPER)
    cells = shown.shades(array).repeat(wide, axis=1).repeat(tall, axis=0)
    cells[tall - 1 :: tall] = LINE  # keeps neighbouring rows of the same shade apart
    picture.paste(Image.fromarray(cells), (left, top))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((left - 1, top - 1, right, bottom - 1), outline=LINE)
    draw.text((_MARGIN, 24), fitted(title, right - _MARGIN, _TITLE), TEXT, font(_TITLE), anchor="lm")
    draw.text((left, 54), fitted(y_label, right - left, _WORDS), DIM, font(_WORDS), anchor="lm")
    _draw_numbers(draw, (left, top), (rows, columns), (wide, tall))
    shown.draw(picture, (left, bottom + 34))
    room = right - left - shown.size[0] - 2 * EDGE
    draw.text((right, bottom + 40), fitted(x_label, room, _WORDS), DIM, font(_WORDS), anchor="rm")
    return encode_png(picture)


def _refuse_below_one(what: str, number: int) -> None:
    if number < 1:
        raise ValueError(f"Expected at least one {what}. Received: {number}")


def _layer(name: str, values: ArrayLike, columns: int) -> Image.Image:
    """Return the tiles of a layer."""
    array = np.asarray(values, dtype=float)
    if array.ndim not in {1, 3} or not array.size:
        raise ValueError(f"{name}: expected shape (height, width, F) or (F,). Received: {array.shape}")
    shown = array[..., :_MOST_MAPS]
    scale = Scale.rising(array)
    if array.ndim == 3:
        return grid(scale.shades(resized(shown.transpose(2, 0, 1), _TILE)), columns)
    return _boxes(scale.shades(shown), 2 * columns)


def _boxes(shades: Array, columns: int) -> Image.Image:
    """Return numbers drawn as coloured boxes; a few numbers get their index below."""
    tiles = shades[:, None, None].repeat(_BOX, axis=1).repeat(_BOX, axis=2)
    boxes = grid(tiles, columns)
    if len(shades) > min(columns, _MOST_NUMBERED):
        return boxes
    block = Image.new("RGB", (boxes.width, boxes.height + 18), PAPER)
    block.paste(boxes)
    draw = ImageDraw.Draw(block)
    for number in range(len(shades)):
        middle = GAP + number * (_BOX + GAP) + _BOX / 2
        draw.text((middle, boxes.height + 9), str(number), DIM, font(_SMALL), anchor="mm")
    return block


def _details(values: Array) -> str:
    """Return the text beside a layer's name: its shape and the ends of its colour scale."""
    scale = Scale.rising(values)
    plural = "" if len(values) == 1 else "s"
    # The letter x, because Pillow's font has no multiplication sign.
    parts = [" x ".join(map(str, values.shape)) if values.ndim > 1 else f"{len(values)} number{plural}"]
    if values.shape[-1] > _MOST_MAPS:
        parts.append(f"the first {_MOST_MAPS}")
    if math.isfinite(scale.low):
        same = scale.low == scale.high
        parts.append(f"all {scale.low:.3g}" if same else f"{scale.low:.3g} to {scale.high:.3g}")
    if scale.missing:
        parts.append("grey: no finite number")
    return ", ".join(parts)


def _draw_heading(picture: Image.Image, top: int, name: str, details: str) -> None:
    """Write a layer's name and details above its tiles."""
    draw, middle, room = ImageDraw.Draw(picture), top + _HEADING / 2, picture.width - 2 * EDGE
    shown = fitted(name, room * 0.4, _WORDS)
    left = EDGE + font(_WORDS).getlength(shown) + 12
    draw.text((EDGE, middle), shown, TEXT, font(_WORDS), anchor="lm")
    draw.text((left, middle), fitted(details, room - left, _WORDS), DIM, font(_WORDS), anchor="lm")


def _round_numbers(most: int) -> list[int]:
    """Return 1 and a few round numbers up to ``most``."""
    ticks = Axis.around([1.0, float(most)], whole=True, room=0).ticks
    return sorted({1, *(round(tick) for tick in ticks if 1 <= tick <= most)})


def _draw_numbers(
    draw: ImageDraw.ImageDraw, corner: tuple[int, int], shape: tuple[int, int], cell: tuple[int, int]
) -> None:
    """Write the numbers of rows and columns: every row if there is room, else a few round numbers."""
    (left, top), (rows, columns), (wide, tall) = corner, shape, cell
    bottom = top + rows * tall
    for number in range(1, rows + 1) if tall >= 14 else _round_numbers(rows):
        middle = top + (number - 0.5) * tall
        draw.text((left - 8, middle), str(number), DIM, font(_SMALL), anchor="rm")
    for number in _round_numbers(columns):
        middle = left + (number - 0.5) * wide
        draw.line((middle, bottom, middle, bottom + 4), DIM)
        draw.text((middle, bottom + 14), str(number), DIM, font(_SMALL), anchor="mm")
