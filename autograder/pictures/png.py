"""PNG files: encoding within the size limit, and validation.

All code that receives a PNG file, from a check, another process or a folder, must call `validate_png`. No
other module of the package decodes an image.
"""

from __future__ import annotations

import io
import struct
from typing import Final

import numpy as np
from PIL import Image, UnidentifiedImageError

from autograder.pictures.limits import MOST_BYTES, MOST_PIXELS

_BEGINNING: Final = b"\x89PNG\r\n\x1a\n"
_END: Final = b"\x00\x00\x00\x00IEND\xaeB`\x82"
_SHADES: Final = [17 * round(value / 17) for value in range(256)]

_DAMAGED: Final = (
    *(UnidentifiedImageError, Image.DecompressionBombError),
    *(OSError, SyntaxError, EOFError, struct.error),
)
"""What Pillow raises for a damaged file."""


def validate_png(name: str, data: bytes) -> None:
    """Refuse data that is not a PNG file, is damaged, is too large, or has bytes after the picture.

    Args:
        name: the name of the picture, for the message.
        data: the content of the file.

    Raises:
        ValueError: the data is refused; the message says why.
    """
    if not (data.startswith(_BEGINNING) and data.endswith(_END)):
        raise ValueError(f"{name}: expected a PNG file. Received: {data[:12]!r}")
    if len(data) > MOST_BYTES:
        raise ValueError(f"{name}: expected at most {MOST_BYTES:,} bytes. Received: {len(data):,}")
    try:
        with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
            size = image.size
            if size[0] * size[1] <= MOST_PIXELS:
                image.load()
    except _DAMAGED as error:
        raise ValueError(f"{name}: expected a PNG file. Received: a damaged one ({error})") from error
    if size[0] * size[1] > MOST_PIXELS:
        raise ValueError(f"{name}: expected at most {MOST_PIXELS:,} pixels. Received: {size[0]} × {size[1]}")


def size_of(data: bytes) -> tuple[int, int]:
    """Return the width and height that a PNG file states in its first chunk (PNG specification, 11.2.1).

    Args:
        data: a file that `validate_png` has accepted.

    Returns:
        Width and height, in pixels.
    """
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def encode_png(image: Image.Image) -> bytes:
    """Return an image as a PNG file of at most `MOST_BYTES`.

    Noise hardly compresses, and a student's network may produce noise where the reference produces digits. A
    bad sample must not become a fault of the grader. So an image that is too large is reduced to sixteen
    shades for each channel, and then halved in size until it fits.
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
    """Return an image of at most 256 colours in palette mode: a third of the bytes for the same pixels."""
    if image.mode != "RGB" or image.getcolors(256) is None:
        return image
    pixels = np.asarray(image).astype(np.uint32)
    codes, places = np.unique(pixels @ np.array([1 << 16, 1 << 8, 1], np.uint32), return_inverse=True)
    numbers = Image.fromarray(places.reshape(pixels.shape[:2]).astype(np.uint8))
    numbers.putpalette(b"".join(int(code).to_bytes(3, "big") for code in codes))
    return numbers
