"""The pictures of checks as pages and notebooks hold them: whole, in base64, with words and size."""

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
    """A picture: a PNG file in base64, the words about it, and its size, so that nothing jumps."""

    base64: str
    caption: str
    width: int
    height: int

    @property
    def uri(self) -> Markup:
        """An address that is the file itself; base64 needs no escaping."""
        return Markup(f"data:image/png;base64,{self.base64}")  # noqa: S704


def shown_pictures(checks: Iterable[CheckResult], pictures: Mapping[str, bytes]) -> list[Shown]:
    """Return the pictures of some checks, as far as they are there.

    Args:
        checks: whose pictures.
        pictures: PNG files by their names.
    """
    return [
        Shown(base64.b64encode(data).decode(), plain(artifact.caption, 300), *size_of(data))
        for check in checks
        for artifact in check.artifacts
        if (data := pictures.get(artifact.name)) is not None
    ]
