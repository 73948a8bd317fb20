"""Pictures of numbers in a chart: training curves and clouds of points."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograder.pictures._charts import Axis, Chart, Point, tame
from autograder.pictures._style import COLOURS

Array = NDArray[Any]

_MOST_PLACES: Final = 240
_MOST_DOTS: Final = 2000


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
