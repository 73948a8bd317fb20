"""What all pictures share: colours, fonts, text that fits, and PNG files of bounded size."""

from __future__ import annotations

import io
from functools import cache
from typing import Final

import numpy as np
from PIL import Image, ImageFont

MOST_PIXELS: Final = 4_000_000
MOST_BYTES: Final = 200_000
"""No PNG that is drawn here has more bytes."""

Colour = tuple[int, int, int]
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

PAPER: Final = (255, 255, 255)
TEXT: Final = (27, 33, 41)
DIM: Final = (91, 102, 115)
LINE: Final = (223, 227, 232)
# Okabe and Ito, "Color Universal Design" (2008): told apart by colour-blind readers too.
COLOURS: Final = (
    *((0, 114, 178), (213, 94, 0), (0, 158, 115), (204, 121, 167)),
    *((230, 159, 0), (86, 180, 233), (90, 90, 90), (140, 86, 75)),
)

EDGE: Final = 6
"""The margin of pictures that have no axes."""

_SHADES: Final = [17 * round(value / 17) for value in range(256)]


@cache
def font(size: int) -> Font:
    """Return Pillow's own font: the same pictures on every machine."""
    return ImageFont.load_default(size=size)


def refuse_large(width: int, height: int) -> None:
    """Refuse a picture that would be larger than people look at.

    Raises:
        ValueError: it has more than 4 megapixels.
    """
    if width * height > MOST_PIXELS:
        raise ValueError(
            f"Expected a picture of at most {MOST_PIXELS:,} pixels. Received: {width} × {height}. "
            "Draw fewer images, or at a smaller scale."
        )


def fitted(text: str, width: float, size: int) -> str:
    """Return a text on one line, cut so that it is at most ``width`` pixels wide."""
    shown = " ".join(text.split())
    if font(size).getlength(shown) <= width:
        return shown
    while shown and font(size).getlength(f"{shown}…") > width:
        shown = shown[:-1].rstrip()
    return f"{shown}…"


def png(image: Image.Image) -> bytes:
    """Return an image as a PNG file of at most `MOST_BYTES`.

    Noise hardly compresses, and a student's network may well draw noise where the reference draws digits.
    That must not make a fault of the grader out of a bad sample: such an image gets sixteen shades, and then
    half its size, until it fits.
    """
    data = _encoded(image)
    if len(data) > MOST_BYTES:
        image = image.point(_SHADES * len(image.getbands()))
        data = _encoded(image)
    while len(data) > MOST_BYTES:
        image = image.reduce(2).point(_SHADES * len(image.getbands()))
        data = _encoded(image)
    return data


def _encoded(image: Image.Image) -> bytes:
    file = io.BytesIO()
    _with_palette(image).save(file, format="PNG", optimize=True)
    return file.getvalue()


def _with_palette(image: Image.Image) -> Image.Image:
    """Return an image of few colours as numbers of these: a third as many bytes for the same pixels."""
    if image.mode != "RGB" or image.getcolors(256) is None:
        return image
    pixels = np.asarray(image).astype(np.uint32)
    codes, places = np.unique(pixels @ np.array([1 << 16, 1 << 8, 1], np.uint32), return_inverse=True)
    numbers = Image.fromarray(places.reshape(pixels.shape[:2]).astype(np.uint8))
    numbers.putpalette(b"".join(int(code).to_bytes(3, "big") for code in codes))
    return numbers
