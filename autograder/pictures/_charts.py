"""A chart's frame: axes, ticks, legend. What is drawn in it is the caller's.

Everything is drawn three times as large and then reduced, because Pillow's own lines have ragged edges. All
lengths here are those of the finished picture.
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

_OVER: Final = 3
_TITLE: Final = 19
_WORDS: Final = 15
_EDGE: Final = 18
_LEGEND_ROW: Final = 24
_LARGEST: Final = 1e30

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Axis:
    """The numbers along one side of a chart.

    Attributes:
        low: at the left or the bottom.
        high: at the right or the top.
        ticks: where the labels stand.
    """

    low: float
    high: float
    ticks: tuple[float, ...]

    @classmethod
    def around(cls, values: Sequence[float], *, whole: bool = False, room: float = 0.04) -> Axis:
        """Return an axis that holds all values, with a handful of ticks at round numbers.

        Args:
            values: finite numbers; none make an axis from 0 to 1.
            whole: ticks at whole numbers only.
            room: left free on either side, as a share of the values' range.
        """
        low, high = (min(values), max(values)) if values else (0.0, 1.0)
        if high - low <= max(1e-9 * max(abs(low), abs(high)), 1e-300):  # below that, steps have no logarithm
            spread = max(abs(low) * 0.1, 1.0 if whole or low == 0 else 1e-12)
            low, high = low - spread, high + spread
        margin = room * (high - low)
        low, high = low - margin, high + margin
        step = _round_step((high - low) / 7)
        step = max(1.0, step) if whole else step
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        return cls(low, high, tuple(step * number for number in range(first, last + 1)))

    def share(self, value: float) -> float:
        """Return where a value lies: 0 at the low end, 1 at the high one."""
        return (value - self.low) / (self.high - self.low)


def tame(value: float) -> float:
    """Return a finite value within what axes can be drawn for; a training that diverged may give any."""
    return min(_LARGEST, max(-_LARGEST, value))


def _round_step(rough: float) -> float:
    """Return the round number nearest above: 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))


def _written(value: float, axis: Axis) -> str:
    """Return a tick's label, rounded to what tells it from its neighbours."""
    step = axis.ticks[1] - axis.ticks[0] if len(axis.ticks) > 1 else abs(value) or 1.0
    if abs(value) < step / 2:
        return "0"
    if not 1e-4 <= abs(value) < 1e6:
        return f"{value:.3g}"
    return f"{value:.{max(0, -math.floor(math.log10(step) + 1e-9))}f}"


class Chart:
    """A chart to draw into.

    Args:
        size: width and height of the picture.
        title: above everything.
        x: the horizontal axis.
        y: the vertical axis.
        legend: the names of what is drawn, in the order of `COLOURS`.
        x_label: below the horizontal axis.
        y_label: above the vertical axis, where it can be read without turning one's head.
        square: let one unit be as long upwards as sideways.
    """

    def __init__(  # noqa: PLR0913 - a chart has as many parts
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
        self._image = Image.new("RGB", (self._width * _OVER, self._height * _OVER), PAPER)
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
        return encode_png(self._image.reduce(_OVER))

    def line(self, points: Iterable[Point | None], number: int) -> None:
        """Draw a series in the colour of its number; None interrupts the line."""
        places = [None if point is None else self._place(point) for point in points]
        colour, lonely = COLOURS[number], len(places) <= 40
        for before, after in pairwise(places):
            if before is not None and after is not None:
                self._draw.line((before, after), colour, round(2.2 * _OVER), joint="curve")
        for index, place in enumerate(places):
            if place is not None:
                alone = {*places[max(0, index - 1) : index], *places[index + 1 : index + 2]} <= {None}
                # Round ends, so that no notch is left where two pieces meet.
                self._disc(place, 3.6 if lonely or alone else 1.1, colour)

    def dots(self, points: Iterable[Point], number: int) -> None:
        """Draw a cloud of points, translucent, so that one sees where they are dense."""
        layer = Image.new("L", self._image.size, 0)
        one = Image.new("L", (9 * _OVER, 9 * _OVER), 0)
        ImageDraw.Draw(one).ellipse((0, 0, 9 * _OVER - 1, 9 * _OVER - 1), 110)
        for point in points:
            x, y = self._place(point)
            corner = round(x - one.width / 2), round(y - one.height / 2)
            layer.paste(_over(layer, one, corner), corner)
        self._image.paste(COLOURS[number], (0, 0), layer)

    def note(self, text: str) -> None:
        """Write a sentence into the middle."""
        middle = (self._left + self._right) / 2, (self._top + self._bottom) / 2
        self._text(middle, text, _WORDS, DIM, "mm")

    def _place(self, point: Point) -> Point:
        """Return where a point is drawn."""
        x = self._left + self._x.share(point[0]) * (self._right - self._left)
        y = self._bottom - self._y.share(point[1]) * (self._bottom - self._top)
        return x * _OVER, y * _OVER

    def _disc(self, place: Point, radius: float, colour: Colour) -> None:
        x, y, reach = *place, radius * _OVER
        self._draw.ellipse((x - reach, y - reach, x + reach, y + reach), colour)

    def _text(self, place: Point, text: str, size: int, colour: Colour, anchor: str) -> None:
        where = place[0] * _OVER, place[1] * _OVER
        self._draw.text(where, text, colour, font(size * _OVER), anchor=anchor)

    def _room_for_ticks(self) -> float:
        """Return where the vertical axis stands: right of its widest label."""
        widths = [font(_WORDS).getlength(_written(tick, self._y)) for tick in self._y.ticks]
        return _EDGE + 10 + max(widths, default=0)

    def _draw_legend(self, names: Sequence[str]) -> float:
        """Draw the legend below the title, on as many rows as it takes; return its lower edge."""
        x, y = float(_EDGE), 52.0
        for number, name in enumerate(names):
            shown = fitted(name, self._width - 2 * _EDGE - 24, _WORDS)
            length = 24 + font(_WORDS).getlength(shown)
            if x > _EDGE and x + length > self._width - _EDGE:
                x, y = float(_EDGE), y + _LEGEND_ROW
            self._disc(((x + 7) * _OVER, y * _OVER), 6, COLOURS[number])
            self._text((x + 20, y), shown, _WORDS, TEXT, "lm")
            x += length + 18
        return y + 10

    def _make_square(self) -> None:
        """Shorten the longer side of the frame, and keep it in the middle."""
        unit = min(
            (self._right - self._left) / (self._x.high - self._x.low),
            (self._bottom - self._top) / (self._y.high - self._y.low),
        )
        spare = (self._right - self._left) - unit * (self._x.high - self._x.low)
        self._left, self._right = self._left + spare / 2, self._right - spare / 2
        self._top = self._bottom - unit * (self._y.high - self._y.low)

    def _draw_axes(self) -> None:
        """Draw the ticks with their labels, fine lines across, and the two axes."""
        for tick in self._y.ticks:
            x, y = self._place((self._x.low, tick))
            self._draw.line((x, y, self._right * _OVER, y), LINE, _OVER)
            self._text((self._left - 8, y / _OVER), _written(tick, self._y), _WORDS, DIM, "rm")
        for tick in self._x.ticks:
            x, y = self._place((tick, self._y.low))
            self._draw.line((x, y, x, y + 5 * _OVER), DIM, _OVER)
            self._text((x / _OVER, self._bottom + 16), _written(tick, self._x), _WORDS, DIM, "mm")
        left, right, bottom = self._left * _OVER, self._right * _OVER, self._bottom * _OVER
        self._draw.line((left, bottom, right, bottom), DIM, _OVER)


def _over(below: Image.Image, above: Image.Image, corner: tuple[int, int]) -> Image.Image:
    """Return one mask laid over a part of another: 1 - (1 - a)(1 - b)."""
    part = below.crop((*corner, corner[0] + above.width, corner[1] + above.height))
    return ImageChops.screen(part, above)
