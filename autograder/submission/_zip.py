"""The members of a zip, listed and read with bounded time and memory.

`zipfile` reads all entries of the directory before the caller can limit them. It also copies the rest of an
entry's extra field for each record in it. So this module first counts both in the raw bytes.
"""

from __future__ import annotations

import io
import re
import stat
import zipfile
from collections.abc import Sequence
from typing import Final

from autograder.submission._member import Member
from autograder.submission._messages import MAX_ENTRIES, MAX_FILE, RejectedSubmission, too_large, too_many
from autograder.untrusted import spelled_out

# Every entry of the directory starts with the signature; the length of its extra field is at byte 30.
_ENTRY: Final = re.compile(rb"PK\x01\x02(?=.{26}(..))", re.DOTALL)
_MAX_EXTRA: Final = 2_000_000  # of all entries together; programs write about 30 bytes into each
_ENCRYPTED: Final = 0x1
_UTF8_NAME: Final = 0x800


class ZipArchive:
    """A zip in memory.

    Attributes:
        members: all members, in the directory's order.

    Raises:
        RejectedSubmission: the archive has too many entries.
        zipfile.BadZipFile, ValueError, …: the archive is damaged.
    """

    def __init__(self, packed: bytes) -> None:
        _refuse_large_directory(packed)
        self._archive = zipfile.ZipFile(io.BytesIO(packed))
        self._infos = self._archive.infolist()
        self.members = [Member(_name(info), _kind(info), info.file_size) for info in self._infos]

    def read(self, places: Sequence[int]) -> list[bytes]:
        """Return the contents of the members at ``places``.

        Raises:
            RejectedSubmission: a member is encrypted, has more than `MAX_FILE` bytes, or is packed by a
                method that could fill the memory.
        """
        return [self._read(self._infos[place], self.members[place].name) for place in places]

    def _read(self, info: zipfile.ZipInfo, name: str) -> bytes:
        """Read one member; see `read`."""
        if info.flag_bits & _ENCRYPTED:
            raise RejectedSubmission(
                "The archive is protected by a password. Pack your files again without one."
            )
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise RejectedSubmission(
                f"{spelled_out(name)} in the archive is packed by an unusual method. "
                "Make a plain zip or tar.gz file."
            )
        with self._archive.open(info) as file:
            content = file.read(MAX_FILE + 1)  # the size in the directory may be wrong
        if len(content) > MAX_FILE:
            raise too_large(name, len(content))
        return content


def _refuse_large_directory(packed: bytes) -> None:
    """Refuse a directory with too many entries, or with extra fields that take seconds to parse."""
    extra = 0
    for count, entry in enumerate(_ENTRY.finditer(packed), 1):
        extra += int.from_bytes(entry[1], "little")
        if count > MAX_ENTRIES or extra > _MAX_EXTRA:
            raise too_many("archive")


def _name(info: zipfile.ZipInfo) -> str:
    """Return a member's name; macOS writes UTF-8 without the flag for it."""
    if info.flag_bits & _UTF8_NAME or info.filename.isascii():
        return info.filename
    try:
        return info.filename.encode("cp437").decode()
    except ValueError:
        return info.filename


def _kind(info: zipfile.ZipInfo) -> str:
    """Return the kind of a member, empty for a regular file; programs on Windows do not store it."""
    mode = stat.S_IFMT(info.external_attr >> 16)
    if mode in (0, stat.S_IFREG):
        return ""
    return "a symbolic link" if mode == stat.S_IFLNK else "not a regular file"
