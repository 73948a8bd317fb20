"""Arrangement of images side by side and in rows, with a gap around each image."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Array = NDArray[Any]

GAP: Final = 2
BETWEEN: Final = 214
"""The shade of grey of the gaps; white gaps would hide the edges of white images."""


def strip(images: Array, scale: int = 1, gap: int = GAP) -> Array:
    """Return images side by side, enlarged, with a gap around each.

    Args:
        images: shape (N, height, width), shades of grey, or (N, height, width, 3), colours.
        scale: the side of the square, in pixels, that is drawn for each pixel of an image.
        gap: pixels between two images.

    Returns:
        The strip, an array of shape (height, width) or (height, width, 3).
    """
    bands = ((0, 0),) * (images.ndim - 3)
    large = images.repeat(scale, axis=1).repeat(scale, axis=2)
    framed = np.pad(large, ((0, 0), (gap, 0), (gap, 0), *bands), constant_values=BETWEEN)
    beside = framed.swapaxes(0, 1).reshape(framed.shape[1], -1, *framed.shape[3:])
    return np.pad(beside, ((0, gap), (0, gap), *bands), constant_values=BETWEEN)


def extent(shape: tuple[int, ...], columns: int, scale: int = 1, gap: int = GAP) -> tuple[int, int]:
    """Return the width and height, in pixels, of the image that `grid` draws.

    Args:
        shape: the shape of the images, as for `grid`.
        columns: images in a row.
        scale: as for `strip`.
        gap: as for `strip`.
    """
    number, tall, wide = shape[:3]
    rows = math.ceil(number / columns)
    return min(number, columns) * (wide * scale + gap) + gap, rows * (tall * scale + gap) + gap


def grid(images: Array, columns: int, scale: int = 1, gap: int = GAP) -> Image.Image:
    """Return images arranged in rows; empty positions are white.

    Args:
        images: shape (N, height, width, 3), colours.
        columns: images in a row.
        scale: as for `strip`.
        gap: as for `strip`.
    """
    wide, tall = extent(images.shape, columns, scale, gap)
    sheet = np.full((tall, wide, 3), 255, np.uint8)
    for number, start in enumerate(range(0, len(images), columns)):
        row = strip(images[start : start + columns], scale, gap)
        top = number * (row.shape[0] - gap)
        sheet[top : top + row.shape[0], : row.shape[1]] = row
    return Image.fromarray(sheet)


def resized(images: Array, longest: int) -> Array:
    """Return images resized so that their longer side has ``longest`` pixels.

    Each pixel is copied from the nearest pixel of the image, without interpolation. So a low resolution stays
    visible.

    Args:
        images: shape (N, height, width).
        longest: pixels of the longer side after resizing.
    """
    most = max(images.shape[1:3])
    sides = [(side, max(1, round(longest * side / most))) for side in images.shape[1:3]]
    rows, columns = ((np.arange(wanted) * side) // wanted for side, wanted in sides)
    nearest: Array = images[:, rows][:, :, columns]
    return nearest
