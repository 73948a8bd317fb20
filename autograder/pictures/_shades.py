"""Colour scales for numbers: white to dark blue, or blue over white to orange, each with a legend."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from autograder.pictures._style import COLOURS, DIM, LINE, PAPER, Colour, font

Array = NDArray[Any]

# Interpolated between white, two blues of `COLOURS` and a dark blue. Their positions make the lightness
# (CIE L*: 100, 70, 46 and 12) fall evenly, so that equal steps look equally large.
_RISING: Final = ((0.0, PAPER), (0.343, COLOURS[5]), (0.614, COLOURS[0]), (1.0, (5, 30, 70)))
# White between two colours of `COLOURS` that colour-blind readers can distinguish.
_SIGNED: Final = ((0.0, COLOURS[0]), (0.5, PAPER), (1.0, COLOURS[1]))
# More steps would not be visible, and would make noise compress worse. An even number, so that 0 is white.
_STEPS: Final = 64

MISSING: Final = (150, 150, 150)
"""The colour of NaN and infinity; no scale contains grey."""

_BAR: Final = (200, 12)
_WORDS: Final = 13
_NOTE: Final = "no finite number"


@dataclass(frozen=True, slots=True)
class Scale:
    """A colour scale: it maps numbers to colours, and draws its legend.

    Attributes:
        low: the number at the lower end.
        high: the number at the upper end.
        signed: negative numbers are blue and positive ones orange; otherwise the smallest number is white and
            the largest dark blue.
        missing: whether the drawn values include NaN or infinity; the legend then explains grey.
    """

    low: float
    high: float
    signed: bool = False
    missing: bool = False

    @classmethod
    def rising(cls, values: Array) -> Scale:
        """Return the scale from the smallest to the largest finite value."""
        finite = values[np.isfinite(values)]
        missing = finite.size < values.size
        if not finite.size:
            return cls(math.nan, math.nan, missing=missing)
        return cls(float(finite.min()), float(finite.max()), missing=missing)

    @classmethod
    def around_zero(cls, values: Array) -> Scale:
        """Return the smallest scale that is symmetric about 0 and contains all finite values."""
        finite = values[np.isfinite(values)]
        reach = float(np.abs(finite).max(initial=0.0))
        return cls(-reach, reach, signed=True, missing=finite.size < values.size)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the legend, in pixels."""
        note = math.ceil(font(_WORDS).getlength(_NOTE)) + 38 if self.missing else 0
        return _BAR[0] + note, _BAR[1] + 20

    def shades(self, values: Array) -> Array:
        """Return the colours of values, an array with one more axis of length 3 (red, green, blue)."""
        finite = np.isfinite(values)
        # Half of each number, because the difference of two large finite floats may overflow.
        spread = self.high / 2 - self.low / 2
        if spread > 0:
            shares = (np.where(finite, values, self.low) / 2 - self.low / 2) / spread
        else:
            shares = np.full(values.shape, 0.5 if self.signed else 0.0)
        return np.where(finite[..., None], ramp(shares, signed=self.signed), np.uint8(MISSING[0]))

    def draw(self, picture: Image.Image, corner: tuple[int, int], low: str = "", high: str = "") -> None:
        """Draw the legend.

        Args:
            picture: the picture to draw into.
            corner: the upper left corner of the legend.
            low: text for the lower end instead of the number.
            high: text for the upper end instead of the number.
        """
        left, top = corner
        wide, tall = _BAR
        bar = ramp(np.broadcast_to(np.linspace(0, 1, wide), (tall, wide)), signed=self.signed)
        picture.paste(Image.fromarray(bar), corner)
        draw = ImageDraw.Draw(picture)
        draw.rectangle((left, top, left + wide - 1, top + tall - 1), outline=LINE)
        words = {"la": low or _label(self.low), "ra": high or _label(self.high)}
        if self.signed:
            words = {**words, "ma": "0"} if self.high else {"ma": "0"}
        places = {"la": left, "ma": left + wide / 2, "ra": left + wide}
        for anchor, word in words.items():
            draw.text((places[anchor], top + tall + 4), word, DIM, font(_WORDS), anchor=anchor)
        if self.missing:
            left += wide + 18
            draw.rectangle((left, top, left + tall - 1, top + tall - 1), MISSING)
            draw.text((left + tall + 8, top + tall / 2), _NOTE, DIM, font(_WORDS), anchor="lm")


def ramp(shares: Array, *, signed: bool) -> Array:
    """Return the colours at positions on a scale.

    Args:
        shares: positions from 0 (lower end) to 1 (upper end), in an array of any shape.
        signed: use the scale from blue over white to orange.

    Returns:
        An array with one more axis of length 3 (red, green, blue).
    """
    stops = _SIGNED if signed else _RISING
    steps = np.rint(np.clip(shares, 0, 1) * _STEPS) / _STEPS
    places = [place for place, _ in stops]
    bands = [np.interp(steps, places, [colour[band] for _, colour in stops]) for band in range(3)]
    colours: Array = np.rint(np.stack(bands, axis=-1)).astype(np.uint8)
    return colours


def readable_on(colour: Colour, dark: Colour) -> Colour:
    """Return the colour for text on a background: white or ``dark``, whichever has more contrast.

    Args:
        colour: the background.
        dark: the dark text colour.
    """
    light = _luminance(colour) + 0.05
    return PAPER if 1.05 / light > light / (_luminance(dark) + 0.05) else dark


def _luminance(colour: Colour) -> float:
    """Return a colour's relative luminance, from 0 to 1, as defined by WCAG."""
    linear = [
        band / 12.92 if band <= 0.04045 else float(((band + 0.055) / 1.055) ** 2.4)
        for band in (value / 255 for value in colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _label(value: float) -> str:
    return f"{value:+.3g}"
