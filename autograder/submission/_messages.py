"""The messages about submissions that cannot be read, and the limits of what is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from autograder.untrusted import spelled_out

MAX_FILE: Final = 1_000_000
MAX_ARCHIVE: Final = 20_000_000
MAX_ENTRIES: Final = 10_000
DEEPEST: Final = 2  # parts of a declared file's path: its name, and at most one folder

_PACKED: Final = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")


class RejectedSubmission(Exception):  # noqa: N818 - an outcome for one student, not an error of the run
    """One submission cannot be read; the message tells the student why."""


@dataclass(frozen=True, slots=True)
class Found:
    """The declared files of a folder or an archive.

    Attributes:
        contents: declared name → content, for each file that is there.
        missing: declared name → message to the student, for each other file.
    """

    contents: Mapping[str, bytes]
    missing: Mapping[str, str]


class UnclearSubmission(Exception):  # noqa: N818 - as above
    """Staff have to decide about one submission, or to fix something; the message tells them what."""


def too_large(name: str, size: int, limit: int = MAX_FILE) -> RejectedSubmission:
    """Return the error for a file or an archive that is too large.

    Args:
        name: of the file.
        size: in bytes.
        limit: the largest allowed size, in bytes.
    """
    advice = " Hand in only the files that the homework asks for." if limit > MAX_FILE else ""
    return RejectedSubmission(
        f"{spelled_out(name)} is {size:,} bytes large; at most {limit:,} are read.{advice}"
    )


def too_many(where: str) -> RejectedSubmission:
    """Return the error for a folder or an archive with too many entries.

    Args:
        where: "folder" or "archive".
    """
    return RejectedSubmission(
        f"The {where} has too many entries; at most {MAX_ENTRIES:,} are read. "
        "Hand in only the files that the homework asks for."
    )


def several(wanted: str, count: int, where: str) -> RejectedSubmission:
    """Return the error for a declared file that occurs several times, so that it is unclear which one counts.

    Args:
        wanted: the declared name.
        count: how often it occurs.
        where: "folder" or "archive".
    """
    return RejectedSubmission(f"The {where} holds {wanted} {count} times. Keep one of them.")


def missing(wanted: str, present: Sequence[str], where: str) -> str:
    """Return the message to the student about a missing declared file.

    Args:
        wanted: the declared name.
        present: the paths that are there.
        where: "folder" or "archive".
    """
    shown = ", ".join(_shown(present)) or "nothing"
    advice = _advice(wanted, present, where)
    return f"Expected a file named {wanted}. Received: {shown}.{advice}"


def _advice(wanted: str, present: Sequence[str], where: str) -> str:
    """Return a sentence about what to do, after a space; empty if the cause is unknown."""
    meant = (wanted.lower(), f"{wanted.lower()}.txt")  # Windows hides the ending .txt
    for name in present:
        if name.rpartition("/")[2].lower() in meant:
            if name.count("/") < DEEPEST:
                return f" Rename {spelled_out(name)} to {wanted}."
            return f" Put {spelled_out(name)} at the top of the {where}, as {wanted}."
    for name in present:
        if name.lower().endswith(_PACKED):
            return (
                f" {spelled_out(name)} is an archive inside the {where}, which is not looked into: "
                "hand in that one by itself, or the files that are in it."
            )
    return ""


def _shown(names: Sequence[str]) -> Iterator[str]:
    """Yield the first names, shortened, and the number of the others."""
    yield from (spelled_out(name) for name in names[:8])
    if len(names) > 8:
        yield f"and {len(names) - 8} more"
