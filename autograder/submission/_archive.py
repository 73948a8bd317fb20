"""Reading the declared members of a zip or tar archive."""

from __future__ import annotations

import re
import struct
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from autograder.submission._disk import read_regular
from autograder.submission._messages import (
    DEEPEST,
    MAX_ARCHIVE,
    MAX_ENTRIES,
    MAX_FILE,
    Found,
    RejectedSubmission,
    missing,
    several,
    too_large,
    too_many,
)
from autograder.submission._tar import TarArchive
from autograder.submission._zip import ZipArchive
from autograder.untrusted import spelled_out

_GZIP: Final = b"\x1f\x8b"
_ZIP: Final = b"PK"
_DRIVE: Final = re.compile(r"[A-Za-z]:/")  # a colon alone is a character of a name
_LONGEST_NAME: Final = 255  # of a file, on every common system
_DAMAGED: Final = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, struct.error),
    *(EOFError, NotImplementedError, RuntimeError, OverflowError, ValueError),
)
"""Exceptions that the standard library raises for an invalid archive."""


def read_archive(path: Path, declared: Sequence[str]) -> Found:
    """Read the declared members of an archive, at its top or in one folder.

    Args:
        path: the archive.
        declared: names of the files to read.

    Raises:
        RejectedSubmission: the archive is damaged, or a name in it is a path traversal; or a declared member
            occurs several times, is no regular file, or is too large.
        UnclearSubmission, OSError: as `read_regular`.
    """
    packed = read_regular(path, MAX_ARCHIVE)
    try:
        archive = _opened(path.name, packed)
        places, absent = _declared_members([member.name for member in archive.members], declared)
        for name, place in places.items():
            member = archive.members[place]
            if member.kind:
                raise RejectedSubmission(f"{name} in the archive is {member.kind}. Pack the file itself.")
            if member.size > MAX_FILE:
                raise too_large(name, member.size)
        return Found(dict(zip(places, archive.read(list(places.values())), strict=True)), absent)
    except _DAMAGED as error:
        reason = spelled_out(str(error), 120)
        raise RejectedSubmission(
            f"{spelled_out(path.name)} is not a readable archive: {reason}. Pack your files again."
        ) from error


def _opened(name: str, packed: bytes) -> ZipArchive | TarArchive:
    """Open an archive in the format of its first bytes: students may have renamed a zip to tar.gz."""
    if packed.startswith(_GZIP):
        return TarArchive(packed)
    if packed.startswith(_ZIP) or name.lower().endswith(".zip"):  # a zip may begin with other bytes
        return ZipArchive(packed)
    return TarArchive(packed)


def _declared_members(names: Sequence[str], declared: Sequence[str]) -> tuple[dict[str, int], dict[str, str]]:
    """Return the position of each declared file in an archive, and the message for each missing file.

    All names are checked first: an archive with a path traversal is refused as a whole.
    """
    if len(names) > MAX_ENTRIES:
        raise too_many("archive")
    names = [name.replace("\\", "/") for name in names]  # some Windows programs pack with backslashes
    for name in names:
        if name.startswith("/") or _DRIVE.match(name) or ".." in name.split("/"):
            raise RejectedSubmission(
                f"The archive has a member named {name[:80]!r}, which lies outside the archive's own folder. "
                "Nothing of it was read. Pack your files again, without '..' or absolute paths."
            )
    visible = {place: path for place, name in enumerate(names) if (path := _member_path(name))}
    found: dict[str, int] = {}
    absent: dict[str, str] = {}
    for wanted in declared:
        same = [place for place, path in visible.items() if _matches(path, wanted)]
        if len(same) > 1:
            raise several(wanted, len(same), "archive")
        if same:
            found[wanted] = same[0]
        else:
            absent[wanted] = missing(wanted, list(visible.values()), "archive")
    _refuse_several_folders({wanted: visible[place] for wanted, place in found.items()})
    return found, absent


def _member_path(name: str) -> str:
    """Return a member's path, empty for a folder and for files that macOS adds."""
    if name.endswith("/"):
        return ""
    path = "/".join(part for part in name.split("/") if part not in ("", "."))
    return "" if path.startswith("__MACOSX/") or path.rpartition("/")[2].startswith("._") else path


def _matches(path: str, wanted: str) -> bool:
    """Return whether a path is a declared file, at the top or in one folder, in any Unicode form."""
    name = path.rpartition("/")[2]
    if path.count("/") >= DEEPEST or len(name) > _LONGEST_NAME:  # normalizing takes quadratic time
        return False
    return unicodedata.normalize("NFC", name) == unicodedata.normalize("NFC", wanted)


def _refuse_several_folders(paths: dict[str, str]) -> None:
    """Refuse declared files in different folders: they may belong to different versions."""
    if len({path.rpartition("/")[0] for path in paths.values()}) > 1:
        shown = " and ".join(spelled_out(path) for path in paths.values())
        raise RejectedSubmission(
            f"Expected {' and '.join(paths)} in one folder of the archive. Received: {shown}."
        )
