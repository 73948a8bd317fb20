"""The pictures that a check keeps: their names, their number, and their entries in the record.

A check draws a picture with `autograder.pictures` and keeps it with the fixture ``picture``. A picture that
breaks the rules of this module is an error of the check's author, never of the student.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Final

from autograder.pictures.limits import MOST_A_CHECK, MOST_CAPTION
from autograder.pictures.png import validate_png
from autograder.result import Artifact, SubmissionResult

_NAME: Final = re.compile(r"[a-z0-9_-]{1,40}")
_FILE: Final = re.compile(r"\w{0,60}(\.[0-9a-f]{8})?-[a-z0-9_-]{1,40}\.png", re.ASCII)


class Album:
    """The pictures of one check.

    Args:
        check: the check's identifier.
    """

    def __init__(self, check: str) -> None:
        self._check = check
        self._kept: dict[str, tuple[bytes, str]] = {}

    def keep(self, name: str, png: bytes, caption: str) -> None:
        """Keep a picture; it replaces an earlier picture of the same name, such as one from an earlier run.

        Args:
            name: 1 to 40 characters of a-z, 0-9, ``_`` and ``-``.
            png: a PNG file of at most 200,000 bytes and 4 megapixels.
            caption: the text below the picture, 1 to 200 characters, for students.

        Raises:
            ValueError: an argument breaks these rules, or the check already keeps eight pictures.
        """
        if not _NAME.fullmatch(name):
            raise ValueError(
                f"Expected a name of 1 to 40 characters of a-z, 0-9, _ and -. Received: {name!r}"
            )
        if not 1 <= len(caption) <= MOST_CAPTION:
            raise ValueError(
                f"{name}: expected a caption of 1 to {MOST_CAPTION} characters. Received: {len(caption)}"
            )
        validate_png(name, png)
        if name not in self._kept and len(self._kept) == MOST_A_CHECK:
            raise ValueError(
                f"Expected at most {MOST_A_CHECK} pictures for each check. Received: one more, {name!r}"
            )
        self._kept[name] = (png, caption)

    @property
    def files(self) -> dict[str, bytes]:
        """File name → PNG file."""
        return {_file_of(self._check, name): png for name, (png, _) in self._kept.items()}

    @property
    def artifacts(self) -> tuple[Artifact, ...]:
        """The pictures' entries in the check's record."""
        return tuple(Artifact(_file_of(self._check, name), words) for name, (_, words) in self._kept.items())


def validate_pictures(result: SubmissionResult, pictures: Mapping[str, bytes]) -> None:
    """Refuse pictures that differ from those that a record names, or that a check may not keep.

    Args:
        result: the record.
        pictures: file name → PNG file.

    Raises:
        ValueError: a picture is missing, not in the record, or invalid.
    """
    named = [artifact.name for check in result.checks for artifact in check.artifacts]
    if sorted(named) != sorted(pictures):
        raise ValueError(f"Expected the pictures {sorted(named)}. Received: {sorted(pictures)}")
    if any(len(check.artifacts) > MOST_A_CHECK for check in result.checks):
        raise ValueError(f"Expected at most {MOST_A_CHECK} pictures for each check. Received: more")
    for name, data in pictures.items():
        if not is_file_name(name):
            raise ValueError(f"Expected the file name of a check's picture. Received: {name!r}")
        validate_png(name, data)


def is_file_name(name: str) -> bool:
    """Return whether a name is a valid file name of a check's picture; this excludes path traversal."""
    return _FILE.fullmatch(name) is not None


def _file_of(check: str, name: str) -> str:
    """Return the file name of a picture; a check's identifier may contain any character, even slashes."""
    plain = re.sub(r"\W", "_", check, flags=re.ASCII)[:60]
    if plain != check:
        plain += f".{hashlib.sha256(check.encode()).hexdigest()[:8]}"
    return f"{plain}-{name}.png"
