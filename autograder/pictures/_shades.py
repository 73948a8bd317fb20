"""Numbers as shades: white to dark blue, or blue over white to orange, with a legend of the scale."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from autograder.pictures._style import COLOURS, DIM, LINE, PAPER, Colour, font

Array = NDArray[Any]

# Interpolated between white, two blues of `COLOURS` and a dark one of our own. They stand where the lightness
# (CIE L*: 100, 70, 46 and 12) falls evenly, so that a step looks as large everywhere.
_RISING: Final = ((0.0, PAPER), (0.343, COLOURS[5]), (0.614, COLOURS[0]), (1.0, (5, 30, 70)))
# White between two colours of `COLOURS`, which colour-blind readers tell apart too.
_SIGNED: Final = ((0.0, COLOURS[0]), (0.5, PAPER), (1.0, COLOURS[1]))
# As many steps as one can see; more would only make noise compress worse. An even number, so that 0 is white.
_STEPS: Final = 64

MISSING: Final = (150, 150, 150)
"""What is no finite number; no shade of a scale is grey."""

_BAR: Final = (200, 12)
_WORDS: Final = 13
_NOTE: Final = "no finite number"


@dataclass(frozen=True, slots=True)
class Scale:
    """Which shade a number has.

    Attributes:
        low: the number at the lower end.
        high: the number at the upper end.
        signed: blue below 0 and orange above, rather than white for the smallest and dark for the largest.
        missing: whether what is drawn has values that are no finite numbers.
    """

    low: float
    high: float
    signed: bool = False
    missing: bool = False

    @classmethod
    def rising(cls, values: Array) -> Scale:
        """Return the scale from the smallest to the largest of these values; those that are finite count."""
        finite = values[np.isfinite(values)]
        missing = finite.size < values.size
        if not finite.size:
            return cls(math.nan, math.nan, missing=missing)
        return cls(float(finite.min()), float(finite.max()), missing=missing)

    @classmethod
    def around_zero(cls, values: Array) -> Scale:
        """Return the scale that reaches as far below 0 as above, and holds these values."""
        finite = values[np.isfinite(values)]
        reach = float(np.abs(finite).max(initial=0.0))
        return cls(-reach, reach, signed=True, missing=finite.size < values.size)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the legend."""
        note = math.ceil(font(_WORDS).getlength(_NOTE)) + 38 if self.missing else 0
        return _BAR[0] + note, _BAR[1] + 20

    def shades(self, values: Array) -> Array:
        """Return the colours of values as an array with one more axis, of length 3."""
        known = np.isfinite(values)
        # Halves, because the distance between two finite numbers need not be one.
        spread = self.high / 2 - self.low / 2
        if spread > 0:
            shares = (np.where(known, values, self.low) / 2 - self.low / 2) / spread
        else:
            shares = np.full(values.shape, 0.5 if self.signed else 0.0)
        return np.where(known[..., None], ramp(shares, signed=self.signed), np.uint8(MISSING[0]))

    def draw(self, picture: Image.Image, corner: tuple[int, int], low: str = "", high: str = "") -> None:
        """Draw the legend.

        Args:
            picture: what to draw it into.
            corner: its left upper corner.
            low: what stands at the lower end instead of the number.
            high: what stands at the upper end instead of the number.
        """
        left, top = corner
        wide, tall = _BAR
        bar = ramp(np.broadcast_to(np.linspace(0, 1, wide), (tall, wide)), signed=self.signed)
        picture.paste(Image.fromarray(bar), corner)
        draw = ImageDraw.Draw(picture)
        draw.rectangle((left, top, left + wide - 1, top + tall - 1), outline=LINE)
        words = {"la": low or _written(self.low), "ra": high or _written(self.high)}
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
    """Return colours for shares from 0 to 1, as an array with one more axis, of length 3."""
    stops = _SIGNED if signed else _RISING
    steps = np.rint(np.clip(shares, 0, 1) * _STEPS) / _STEPS
    places = [place for place, _ in stops]
    bands = [np.interp(steps, places, [colour[band] for _, colour in stops]) for band in range(3)]
    colours: Array = np.rint(np.stack(bands, axis=-1)).astype(np.uint8)
    return colours


def readable_on(colour: Colour, dark: Colour) -> Colour:
    """Return white or ``dark``: whichever contrasts more with a colour that text is written on."""
    light = _luminance(colour) + 0.05
    return PAPER if 1.05 / light > light / (_luminance(dark) + 0.05) else dark


def _luminance(colour: Colour) -> float:
    """Return a colour's relative luminance, from 0 to 1, as WCAG defines it."""
    linear = [
        band / 12.92 if band <= 0.04045 else float(((band + 0.055) / 1.055) ** 2.4)
        for band in (value / 255 for value in colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _written(value: float) -> str:
    return f"{value:+.3g}"
