"""A member of an archive, as zip and tar both describe it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Member:
    """One member.

    Attributes:
        name: its path in the archive; a folder's ends with a slash.
        kind: empty for a regular file, otherwise what it is, to follow "… is".
        size: of its content, as announced.
    """

    name: str
    kind: str
    size: int
