"""Colours, fonts and text fitting that all pictures share."""

from __future__ import annotations

from functools import cache
from typing import Final

from PIL import ImageFont

Colour = tuple[int, int, int]
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

PAPER: Final = (255, 255, 255)
TEXT: Final = (27, 33, 41)
DIM: Final = (91, 102, 115)
LINE: Final = (223, 227, 232)
# Okabe and Ito, "Color Universal Design" (2008): colour-blind readers can distinguish these colours.
COLOURS: Final = (
    *((0, 114, 178), (213, 94, 0), (0, 158, 115), (204, 121, 167)),
    *((230, 159, 0), (86, 180, 233), (90, 90, 90), (140, 86, 75)),
)

EDGE: Final = 6
"""The margin of pictures without axes, in pixels."""


@cache
def font(size: int) -> Font:
    """Return Pillow's built-in font, so that pictures are the same on every machine."""
    return ImageFont.load_default(size=size)


def fitted(text: str, width: float, size: int) -> str:
    """Return a text on one line, shortened to at most ``width`` pixels.

    Args:
        text: the text; line breaks become spaces.
        width: the largest width, in pixels.
        size: the font size, in pixels.
    """
    shown = " ".join(text.split())
    if font(size).getlength(shown) <= width:
        return shown
    while shown and font(size).getlength(f"{shown}…") > width:
        shown = shown[:-1].rstrip()
    return f"{shown}…"
