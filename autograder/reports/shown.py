"""Pictures of checks for pages and notebooks: embedded in base64, with caption and size."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from markupsafe import Markup

from autograder.pictures.png import size_of
from autograder.result import CheckResult
from autograder.untrusted import plain


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture for a page.

    Attributes:
        base64: the PNG file in base64.
        caption: the text below the picture.
        width: in pixels; with the size, a browser can lay out the page before it has decoded the picture.
        height: in pixels.
    """

    base64: str
    caption: str
    width: int
    height: int

    @property
    def uri(self) -> Markup:
        """A data URL that contains the file; base64 needs no escaping."""
        return Markup(f"data:image/png;base64,{self.base64}")  # noqa: S704


def shown_pictures(checks: Iterable[CheckResult], pictures: Mapping[str, bytes]) -> list[Shown]:
    """Return the pictures of some checks; missing pictures are left out.

    Args:
        checks: the checks whose pictures are returned.
        pictures: file name → PNG file, each accepted by `autograder.pictures.png.validate_png`.
    """
    return [
        Shown(base64.b64encode(data).decode(), plain(artifact.caption, 300), *size_of(data))
        for check in checks
        for artifact in check.artifacts
        if (data := pictures.get(artifact.name)) is not None
    ]
