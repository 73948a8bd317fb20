"""How many pictures a check may keep, and how large they may be."""

from typing import Final

MOST_BYTES: Final = 200_000
"""Bytes of one PNG file."""

MOST_PIXELS: Final = 4_000_000
"""Pixels of one picture: width times height."""

MOST_A_CHECK: Final = 8
"""Pictures of one check."""

MOST_CAPTION: Final = 200
"""Characters of a caption."""


def refuse_large(width: int, height: int) -> None:
    """Refuse to draw a picture that would be larger than people look at.

    Raises:
        ValueError: it has more than `MOST_PIXELS`.
    """
    if width * height > MOST_PIXELS:
        raise ValueError(
            f"Expected a picture of at most {MOST_PIXELS:,} pixels. Received: {width} × {height}. "
            "Draw fewer images, or at a smaller scale."
        )
