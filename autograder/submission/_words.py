"""What students and staff are told about a submission that is not read, and the limits it exceeded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from autograder.untrusted import spelled_out

MAX_FILE: Final = 1_000_000
MAX_ARCHIVE: Final = 20_000_000
MAX_ENTRIES: Final = 10_000
DEEPEST: Final = 2  # folders and name: an archive may wrap everything in one folder

_PACKED: Final = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")


class RejectedSubmission(Exception):  # noqa: N818 - an outcome for one student, not an error of the run
    """One submission cannot be read; the message tells the student why."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a folder or an archive holds of the declared files.

    Attributes:
        contents: declared name → content.
        missing: declared name of each other file → what students are told.
    """

    contents: Mapping[str, bytes]
    missing: Mapping[str, str]


class UnclearSubmission(Exception):  # noqa: N818 - as above
    """One submission needs a decision or a repair by staff; the message tells them which."""


def too_large(name: str, size: int, limit: int = MAX_FILE) -> RejectedSubmission:
    """Return the refusal of a file or an archive that is larger than is read."""
    advice = " Hand in only the files that the homework asks for." if limit > MAX_FILE else ""
    return RejectedSubmission(
        f"{spelled_out(name)} is {size:,} bytes large; at most {limit:,} are read.{advice}"
    )


def too_many(where: str) -> RejectedSubmission:
    """Return the refusal of a folder or an archive of more entries than are listed."""
    return RejectedSubmission(
        f"The {where} has too many entries; at most {MAX_ENTRIES:,} are read. "
        "Hand in only the files that the homework asks for."
    )


def several(wanted: str, count: int, where: str) -> RejectedSubmission:
    """Return the refusal of a declared file that is there several times: nobody can tell which one counts."""
    return RejectedSubmission(f"The {where} holds {wanted} {count} times. Keep one of them.")


def missing(wanted: str, present: Sequence[str], where: str) -> str:
    """Return what students are told about a declared file that an archive or a folder does not hold."""
    shown = ", ".join(_shown(present)) or "nothing"
    advice = _advice(wanted, present, where)
    return f"Expected a file named {wanted}. Received: {shown}.{advice}"


def _advice(wanted: str, present: Sequence[str], where: str) -> str:
    """Return what to do about a missing file, with a space before it; nothing when it cannot be told."""
    meant = (wanted.lower(), f"{wanted.lower()}.txt")  # Windows hides the second ending
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
    """Yield a few names, shortened."""
    yield from (spelled_out(name) for name in names[:8])
    if len(names) > 8:
        yield f"and {len(names) - 8} more"
