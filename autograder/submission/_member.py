"""A member of a zip or tar archive."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Member:
    """One member.

    Attributes:
        name: its path in the archive; the path of a folder ends with a slash.
        kind: empty for a regular file, otherwise a noun, such as "a symbolic link".
        size: of its content in bytes, as the archive says.
    """

    name: str
    kind: str
    size: int
