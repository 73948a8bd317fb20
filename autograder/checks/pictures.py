"""Pictures of what a check saw: samples, strips, training curves, clouds of points.

Each function turns numbers into a PNG file for the fixture ``picture``. Everything is drawn here, from arrays
that were checked when they arrived: no image that a student's code wrote is ever opened or passed on.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image, ImageDraw

from autograder.checks._canvas import (
    COLOURS,
    EDGE,
    MOST_BYTES,
    MOST_PIXELS,
    TEXT,
    fitted,
    font,
    png,
    refuse_large,
)
from autograder.checks._charts import Axis, Chart, Point, tame
from autograder.checks._tiles import GAP, strip

Array = NDArray[Any]

__all__ = ["MOST_BYTES", "MOST_PIXELS", "curves", "image_grid", "image_rows", "scatter"]

_LABEL: Final = 15
_WIDEST_LABEL: Final = 220
_MOST_PLACES: Final = 240
_MOST_DOTS: Final = 2000


def image_grid(
    images: ArrayLike, columns: int, *, scale: int = 2, labels: Sequence[str] | None = None
) -> bytes:
    """Draw images in rows of ``columns``.

    Args:
        images: shape (N, height, width) or (N, height, width, 1), from 0 (paper, white) to 1 (ink, black).
            Values beyond are clipped; what is no number is paper.
        columns: images in a row.
        scale: each of their pixels becomes a square of so many pixels.
        labels: one for each row, written at its left.

    Returns:
        A PNG file.

    Raises:
        ValueError: the images have another shape, or the labels another number than the rows; or the picture
            would have more than 4 megapixels.
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
    """Draw one row of images for each label: samples after each step, or above their nearest neighbours.

    Args:
        rows: images as in `image_grid` for each label; all of the same size, but as many as you like.
        scale: as in `image_grid`.

    Returns:
        A PNG file.

    Raises:
        ValueError: there are no rows, images have other shapes, or the picture would have more than 4
            megapixels.
    """
    if not rows:
        raise ValueError("Expected at least one row of images. Received: none")
    stacks = [_stack(name, images) for name, images in rows.items()]
    sizes = {stack.shape[1:] for stack in stacks}
    if len(sizes) > 1:
        raise ValueError(f"Expected images of one size in all rows. Received: {sorted(sizes)}")
    return _draw_tiles(list(rows), stacks, scale)


def curves(series: Mapping[str, Sequence[float]], *, title: str, x_label: str, y_label: str) -> bytes:
    """Draw series of numbers as lines, the first value at 1.

    A long series is drawn as the means of so many values that the line stays readable, and the label of the
    horizontal axis says how many. Where a value is no finite number, the line is interrupted.

    Args:
        series: the values of each line, up to eight lines.
        title: what is shown.
        x_label: what is counted, such as "epoch".
        y_label: what is measured.

    Returns:
        A PNG file.

    Raises:
        ValueError: there is no series, or there are more than eight.
    """
    _refuse_many("series", series)
    lines = [np.asarray(values, dtype=float).ravel() for values in series.values()]
    longest = max(len(values) for values in lines)
    together = max(1, math.ceil(longest / _MOST_PLACES))
    drawn = [_means(values, together) for values in lines]
    heights = [point[1] for points in drawn for point in points if point is not None]
    chart = Chart(
        (720, 420),
        title=title,
        x=Axis.around([1.0, float(max(longest, 1))], whole=True, room=0.015),
        y=Axis.around(heights),
        legend=list(series),
        x_label=x_label if together == 1 else f"{x_label} (means of {together})",
        y_label=y_label,
    )
    for number, points in enumerate(drawn):
        chart.line(points, number)
    if not heights:
        chart.note("There is no finite value to draw.")
    return chart.png()


def scatter(groups: Mapping[str, ArrayLike], *, title: str) -> bytes:
    """Draw clouds of points in the plane, with one unit as long upwards as sideways.

    The first group sets the frame: its extent, and room around it. So a generator that is far off
    cannot make the data it should have hit a speck. The legend says how many points lie outside.

    Args:
        groups: points of shape (N, 2) for each name, up to eight groups. At most 2,000 of a group are drawn.
        title: what is shown.

    Returns:
        A PNG file.

    Raises:
        ValueError: there is no group, or more than eight, or one has another shape.
    """
    _refuse_many("groups", groups)
    clouds = {name: _plane(name, points) for name, points in groups.items()}
    x, y = (_frame(next(iter(clouds.values()))[:, side]) for side in (0, 1))
    inside = {name: points[_within(points, x, y)] for name, points in clouds.items()}
    legend = [_counted(name, len(clouds[name]), len(points)) for name, points in inside.items()]
    chart = Chart((600, 640), title=title, x=x, y=y, legend=legend, square=True)
    for number, points in enumerate(inside.values()):
        few = points[np.linspace(0, len(points) - 1, min(len(points), _MOST_DOTS)).astype(int)]
        chart.dots([(float(across), float(up)) for across, up in few], number)
    return chart.png()


def _stack(name: str, images: ArrayLike) -> Array:
    """Return images as one array of shape (N, height, width) with a shade of grey for each pixel."""
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
    return png(picture)


def _refuse_many(what: str, named: Mapping[str, object]) -> None:
    """Refuse what a legend cannot tell apart."""
    if not 1 <= len(named) <= len(COLOURS):
        raise ValueError(f"Expected 1 to {len(COLOURS)} {what}. Received: {len(named)}")


def _means(values: Array, together: int) -> list[Point | None]:
    """Return the points of a line, each the mean of so many values, as far as they are numbers."""
    points: list[Point | None] = []
    for start in range(0, len(values), together):
        part = values[start : start + together]
        finite = [tame(value) for value in part.tolist() if math.isfinite(value)]
        middle = start + (len(part) + 1) / 2
        points.append((middle, math.fsum(finite) / len(finite)) if finite else None)
    return points


def _plane(name: str, points: ArrayLike) -> Array:
    """Return points as an array of shape (N, 2)."""
    array = np.asarray(points, dtype=float)
    if array.ndim != 2 or array.shape[1] != 2:
        raise ValueError(f"{name}: expected points of shape (N, 2). Received: {array.shape}")
    return array


def _frame(values: Array) -> Axis:
    """Return the axis that a group of points asks for."""
    return Axis.around([tame(value) for value in values.tolist() if math.isfinite(value)], room=0.3)


def _within(points: Array, x: Axis, y: Axis) -> NDArray[np.bool_]:
    """Return which points lie in the frame; a comparison with what is no number is false."""
    low, high = np.array([x.low, y.low]), np.array([x.high, y.high])
    inside: NDArray[np.bool_] = np.all((points >= low) & (points <= high), axis=1)
    return inside


def _counted(name: str, total: int, inside: int) -> str:
    """Return a group's entry in the legend; points that are no numbers lie outside as well."""
    return name if inside == total else f"{name} ({total - inside} of {total} outside)"
