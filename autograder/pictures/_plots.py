"""Charts: training curves and scatter plots."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograder.pictures._charts import Axis, Chart, Point, clamped
from autograder.pictures._style import COLOURS

Array = NDArray[Any]

_MOST_PLACES: Final = 240
_MOST_DOTS: Final = 2000


def curves(series: Mapping[str, Sequence[float]], *, title: str, x_label: str, y_label: str) -> bytes:
    """Draw series of numbers as lines; the first value of each is at 1 on the horizontal axis.

    A long series is shortened so that the line stays readable: each point is the mean of several consecutive
    values, and the label of the horizontal axis says of how many. NaN and infinity interrupt the line.

    Args:
        series: name → values, for one to eight lines.
        title: the text above the chart.
        x_label: the meaning of the horizontal axis, such as "epoch".
        y_label: the meaning of the values.

    Returns:
        A PNG file.

    Raises:
        ValueError: there are no series, or more than eight.
    """
    _check_count("series", series)
    lines = [np.asarray(values, dtype=float).ravel() for values in series.values()]
    longest = max(len(values) for values in lines)
    group = max(1, math.ceil(longest / _MOST_PLACES))
    drawn = [_means(values, group) for values in lines]
    heights = [point[1] for points in drawn for point in points if point is not None]
    chart = Chart(
        (720, 420),
        title=title,
        x=Axis.around([1.0, float(max(longest, 1))], whole=True, room=0.015),
        y=Axis.around(heights),
        legend=list(series),
        x_label=x_label if group == 1 else f"{x_label} (means of {group})",
        y_label=y_label,
    )
    for number, points in enumerate(drawn):
        chart.line(points, number)
    if not heights:
        chart.note("There is no finite value to draw.")
    return chart.png()


def scatter(groups: Mapping[str, ArrayLike], *, title: str) -> bytes:
    """Draw groups of points as a scatter plot; one unit has the same length on both axes.

    The first group, which should be the real data, decides the range of the axes. So the real data stays
    visible even if generated points are far away. The legend says how many points lie outside the range.

    Args:
        groups: name → points of shape (N, 2), for one to eight groups. At most 2,000 points of a group are
            drawn.
        title: the text above the chart.

    Returns:
        A PNG file.

    Raises:
        ValueError: there are no groups, or more than eight, or a group has another shape.
    """
    _check_count("groups", groups)
    clouds = {name: _as_points(name, points) for name, points in groups.items()}
    x, y = (_axis_for(next(iter(clouds.values()))[:, side]) for side in (0, 1))
    inside = {name: points[_is_inside(points, x, y)] for name, points in clouds.items()}
    legend = [_legend_entry(name, len(clouds[name]), len(points)) for name, points in inside.items()]
    chart = Chart((600, 640), title=title, x=x, y=y, legend=legend, square=True)
    for number, points in enumerate(inside.values()):
        few = points[np.linspace(0, len(points) - 1, min(len(points), _MOST_DOTS)).astype(int)]
        chart.dots([(float(across), float(up)) for across, up in few], number)
    return chart.png()


def _check_count(what: str, named: Mapping[str, object]) -> None:
    """Refuse no entries, or more entries than there are colours."""
    if not 1 <= len(named) <= len(COLOURS):
        raise ValueError(f"Expected 1 to {len(COLOURS)} {what}. Received: {len(named)}")


def _means(values: Array, group: int) -> list[Point | None]:
    """Return the points of a line: for each group of values the mean of the finite ones, None without any."""
    points: list[Point | None] = []
    for start in range(0, len(values), group):
        part = values[start : start + group]
        finite = [clamped(value) for value in part.tolist() if math.isfinite(value)]
        middle = start + (len(part) + 1) / 2
        points.append((middle, math.fsum(finite) / len(finite)) if finite else None)
    return points


def _as_points(name: str, points: ArrayLike) -> Array:
    """Return points as an array of shape (N, 2)."""
    array = np.asarray(points, dtype=float)
    if array.ndim != 2 or array.shape[1] != 2:
        raise ValueError(f"{name}: expected points of shape (N, 2). Received: {array.shape}")
    return array


def _axis_for(values: Array) -> Axis:
    """Return an axis that contains all finite values, with a margin."""
    return Axis.around([clamped(value) for value in values.tolist() if math.isfinite(value)], room=0.3)


def _is_inside(points: Array, x: Axis, y: Axis) -> NDArray[np.bool_]:
    """Return, for each point, whether it is within both axes; a point with a NaN is not."""
    low, high = np.array([x.low, y.low]), np.array([x.high, y.high])
    inside: NDArray[np.bool_] = np.all((points >= low) & (points <= high), axis=1)
    return inside


def _legend_entry(name: str, total: int, inside: int) -> str:
    """Return a group's text in the legend; points with NaN or infinity count as outside."""
    return name if inside == total else f"{name} ({total - inside} of {total} outside)"
