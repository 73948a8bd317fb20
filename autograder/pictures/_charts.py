"""A chart: axes, ticks, legend, and the methods that draw lines and points into it.

Everything is drawn three times as large and then reduced, because Pillow draws lines without anti-aliasing.
All lengths in this module are in pixels of the finished picture.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from PIL import Image, ImageChops, ImageDraw

from autograder.pictures._style import COLOURS, DIM, LINE, PAPER, TEXT, Colour, fitted, font
from autograder.pictures.png import encode_png

_OVERSAMPLING: Final = 3
_TITLE: Final = 19
_WORDS: Final = 15
_EDGE: Final = 18
_LEGEND_ROW: Final = 24
_LARGEST: Final = 1e30

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Axis:
    """The range and the ticks of one axis.

    Attributes:
        low: the value at the left or the bottom.
        high: the value at the right or the top.
        ticks: the values that get a tick and a label.
    """

    low: float
    high: float
    ticks: tuple[float, ...]

    @classmethod
    def around(cls, values: Sequence[float], *, whole: bool = False, room: float = 0.04) -> Axis:
        """Return an axis that contains all values, with a few ticks at round numbers.

        Args:
            values: finite numbers; without any, the axis is from 0 to 1.
            whole: put ticks at whole numbers only.
            room: the margin at each end, as a share of the values' range.
        """
        low, high = (min(values), max(values)) if values else (0.0, 1.0)
        if high - low <= max(
            1e-9 * max(abs(low), abs(high)), 1e-300
        ):  # for a smaller range, the tick step could be 0
            spread = max(abs(low) * 0.1, 1.0 if whole or low == 0 else 1e-12)
            low, high = low - spread, high + spread
        margin = room * (high - low)
        low, high = low - margin, high + margin
        step = _round_step((high - low) / 7)
        step = max(1.0, step) if whole else step
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        return cls(low, high, tuple(step * number for number in range(first, last + 1)))

    def share(self, value: float) -> float:
        """Return a value's position on the axis: 0 at the low end, 1 at the high end."""
        return (value - self.low) / (self.high - self.low)


def clamped(value: float) -> float:
    """Return a value limited to the range that an axis can show; a diverged training may exceed it."""
    return min(_LARGEST, max(-_LARGEST, value))


def _round_step(rough: float) -> float:
    """Return the smallest round number not below ``rough``: 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))


def _tick_label(value: float, axis: Axis) -> str:
    """Return a tick's label, with just enough digits to differ from its neighbours."""
    step = axis.ticks[1] - axis.ticks[0] if len(axis.ticks) > 1 else abs(value) or 1.0
    if abs(value) < step / 2:
        return "0"
    if not 1e-4 <= abs(value) < 1e6:
        return f"{value:.3g}"
    return f"{value:.{max(0, -math.floor(math.log10(step) + 1e-9))}f}"


class Chart:
    """A chart to draw into.

    Args:
        size: width and height of the picture, in pixels.
        title: the text above the chart.
        x: the horizontal axis.
        y: the vertical axis.
        legend: the names of the series, in the order of `COLOURS`.
        x_label: the text below the horizontal axis.
        y_label: the text above the vertical axis; it is not rotated.
        square: give one unit the same length on both axes.
    """

    def __init__(  # noqa: PLR0913 - a chart has many parts
        self,
        size: tuple[int, int],
        *,
        title: str,
        x: Axis,
        y: Axis,
        legend: Sequence[str],
        x_label: str = "",
        y_label: str = "",
        square: bool = False,
    ) -> None:
        self._width, self._height = size
        self._image = Image.new("RGB", (self._width * _OVERSAMPLING, self._height * _OVERSAMPLING), PAPER)
        self._draw = ImageDraw.Draw(self._image)
        self._x, self._y = x, y
        self._left, self._right = self._room_for_ticks(), float(self._width - _EDGE)
        self._text((_EDGE, 24), fitted(title, self._width - 2 * _EDGE, _TITLE), _TITLE, TEXT, "lm")
        self._top = self._draw_legend(legend) + (30 if y_label else 12)
        self._bottom = float(self._height - (58 if x_label else 34))
        if square:
            self._make_square()
        self._text((self._left, self._top - 16), fitted(y_label, 400, _WORDS), _WORDS, DIM, "lm")
        self._text((self._right, self._height - 18), fitted(x_label, 400, _WORDS), _WORDS, DIM, "rm")
        self._draw_axes()

    def png(self) -> bytes:
        """Return the finished picture."""
        return encode_png(self._image.reduce(_OVERSAMPLING))

    def line(self, points: Iterable[Point | None], number: int) -> None:
        """Draw a series of points as a line.

        Args:
            points: the points; None interrupts the line.
            number: the series' index in the legend, which decides the colour.
        """
        places = [None if point is None else self._place(point) for point in points]
        colour, mark_all = COLOURS[number], len(places) <= 40
        for before, after in pairwise(places):
            if before is not None and after is not None:
                self._draw.line((before, after), colour, round(2.2 * _OVERSAMPLING), joint="curve")
        for index, place in enumerate(places):
            if place is not None:
                alone = {*places[max(0, index - 1) : index], *places[index + 1 : index + 2]} <= {None}
                # A small disc also closes the gap where two line segments meet.
                self._disc(place, 3.6 if mark_all or alone else 1.1, colour)

    def dots(self, points: Iterable[Point], number: int) -> None:
        """Draw translucent points, so that dense regions look darker.

        Args:
            points: the points.
            number: the group's index in the legend, which decides the colour.
        """
        layer = Image.new("L", self._image.size, 0)
        one = Image.new("L", (9 * _OVERSAMPLING, 9 * _OVERSAMPLING), 0)
        ImageDraw.Draw(one).ellipse((0, 0, 9 * _OVERSAMPLING - 1, 9 * _OVERSAMPLING - 1), 110)
        for point in points:
            x, y = self._place(point)
            corner = round(x - one.width / 2), round(y - one.height / 2)
            layer.paste(_screened(layer, one, corner), corner)
        self._image.paste(COLOURS[number], (0, 0), layer)

    def note(self, text: str) -> None:
        """Write a sentence in the middle of the chart."""
        middle = (self._left + self._right) / 2, (self._top + self._bottom) / 2
        self._text(middle, text, _WORDS, DIM, "mm")

    def _place(self, point: Point) -> Point:
        """Return the position of a point, in pixels of the oversampled image."""
        x = self._left + self._x.share(point[0]) * (self._right - self._left)
        y = self._bottom - self._y.share(point[1]) * (self._bottom - self._top)
        return x * _OVERSAMPLING, y * _OVERSAMPLING

    def _disc(self, place: Point, radius: float, colour: Colour) -> None:
        x, y, reach = *place, radius * _OVERSAMPLING
        self._draw.ellipse((x - reach, y - reach, x + reach, y + reach), colour)

    def _text(self, place: Point, text: str, size: int, colour: Colour, anchor: str) -> None:
        where = place[0] * _OVERSAMPLING, place[1] * _OVERSAMPLING
        self._draw.text(where, text, colour, font(size * _OVERSAMPLING), anchor=anchor)

    def _room_for_ticks(self) -> float:
        """Return the horizontal position of the vertical axis: right of its widest label."""
        widths = [font(_WORDS).getlength(_tick_label(tick, self._y)) for tick in self._y.ticks]
        return _EDGE + 10 + max(widths, default=0)

    def _draw_legend(self, names: Sequence[str]) -> float:
        """Draw the legend below the title, on as many rows as it needs; return its lower edge."""
        x, y = float(_EDGE), 52.0
        for number, name in enumerate(names):
            shown = fitted(name, self._width - 2 * _EDGE - 24, _WORDS)
            length = 24 + font(_WORDS).getlength(shown)
            if x > _EDGE and x + length > self._width - _EDGE:
                x, y = float(_EDGE), y + _LEGEND_ROW
            self._disc(((x + 7) * _OVERSAMPLING, y * _OVERSAMPLING), 6, COLOURS[number])
            self._text((x + 20, y), shown, _WORDS, TEXT, "lm")
            x += length + 18
        return y + 10

    def _make_square(self) -> None:
        """Shrink the frame until one unit is equally long on both axes; centre it horizontally."""
        unit = min(
            (self._right - self._left) / (self._x.high - self._x.low),
            (self._bottom - self._top) / (self._y.high - self._y.low),
        )
        spare = (self._right - self._left) - unit * (self._x.high - self._x.low)
        self._left, self._right = self._left + spare / 2, self._right - spare / 2
        self._top = self._bottom - unit * (self._y.high - self._y.low)

    def _draw_axes(self) -> None:
        """Draw the ticks with their labels, the horizontal grid lines, and the horizontal axis."""
        for tick in self._y.ticks:
            x, y = self._place((self._x.low, tick))
            self._draw.line((x, y, self._right * _OVERSAMPLING, y), LINE, _OVERSAMPLING)
            self._text((self._left - 8, y / _OVERSAMPLING), _tick_label(tick, self._y), _WORDS, DIM, "rm")
        for tick in self._x.ticks:
            x, y = self._place((tick, self._y.low))
            self._draw.line((x, y, x, y + 5 * _OVERSAMPLING), DIM, _OVERSAMPLING)
            self._text((x / _OVERSAMPLING, self._bottom + 16), _tick_label(tick, self._x), _WORDS, DIM, "mm")
        left, right, bottom = (
            self._left * _OVERSAMPLING,
            self._right * _OVERSAMPLING,
            self._bottom * _OVERSAMPLING,
        )
        self._draw.line((left, bottom, right, bottom), DIM, _OVERSAMPLING)


def _screened(below: Image.Image, above: Image.Image, corner: tuple[int, int]) -> Image.Image:
    """Return a mask combined with the part of another mask below it: 1 - (1 - a)(1 - b)."""
    part = below.crop((*corner, corner[0] + above.width, corner[1] + above.height))
    return ImageChops.screen(part, above)
