"""Limits: how many pictures a check may keep, and how large a picture may be."""

from typing import Final

MOST_BYTES: Final = 200_000
"""The most bytes of one PNG file."""

MOST_PIXELS: Final = 4_000_000
"""The most pixels of one picture: width times height."""

MOST_A_CHECK: Final = 8
"""The most pictures of one check."""

MOST_CAPTION: Final = 200
"""The most characters of a caption."""


def refuse_large(width: int, height: int) -> None:
    """Refuse a picture that would be too large.

    Args:
        width: in pixels.
        height: in pixels.

    Raises:
        ValueError: the picture would have more than `MOST_PIXELS`.
    """
    if width * height > MOST_PIXELS:
        raise ValueError(
            f"Expected a picture of at most {MOST_PIXELS:,} pixels. Received: {width} × {height}. "
            "Draw fewer images, or at a smaller scale."
        )
