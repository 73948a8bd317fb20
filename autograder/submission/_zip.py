"""The members of a zip, listed and read with bounded time and memory.

`zipfile` lists every entry of a directory before anyone can look, and copies what is left of an entry's extra
field for each record in it. Both are counted here first, on the bytes.
"""

from __future__ import annotations

import io
import re
import stat
import zipfile
from collections.abc import Sequence
from typing import Final

from autograder.submission._member import Member
from autograder.submission._words import MAX_ENTRIES, MAX_FILE, RejectedSubmission, too_large, too_many

# Every entry of the directory starts with the signature; the length of its extra field is at byte 30.
_ENTRY: Final = re.compile(rb"PK\x01\x02(?=.{26}(..))", re.DOTALL)
_MAX_EXTRA: Final = 2_000_000  # of all entries together; programs write some 30 bytes into each
_ENCRYPTED: Final = 0x1
_UTF8_NAME: Final = 0x800


class ZipArchive:
    """A zip in memory.

    Attributes:
        members: all of them, in the directory's order.

    Raises:
        RejectedSubmission: it has more entries than are read.
        zipfile.BadZipFile, ValueError, …: it is damaged.
    """

    def __init__(self, packed: bytes) -> None:
        _refuse_endless_directory(packed)
        self._archive = zipfile.ZipFile(io.BytesIO(packed))
        self._infos = self._archive.infolist()
        self.members = [Member(_name(info), _kind(info), info.file_size) for info in self._infos]

    def read(self, places: Sequence[int]) -> list[bytes]:
        """Return the contents of the members at ``places``, each at most `MAX_FILE` bytes."""
        return [self._read(self._infos[place], self.members[place].name) for place in places]

    def _read(self, info: zipfile.ZipInfo, name: str) -> bytes:
        """Read one member, if it is packed in a way that cannot fill the memory."""
        if info.flag_bits & _ENCRYPTED:
            raise RejectedSubmission(
                "The archive is protected by a password. Pack your files again without one."
            )
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise RejectedSubmission(
                f"{name} in the archive is packed by an unusual method. Make a plain zip or tar.gz file."
            )
        with self._archive.open(info) as file:
            content = file.read(MAX_FILE + 1)  # whatever the directory announced
        if len(content) > MAX_FILE:
            raise too_large(name, len(content))
        return content


def _refuse_endless_directory(packed: bytes) -> None:
    """Refuse a directory of a million entries, or of extra fields that take seconds to go through."""
    extra = 0
    for count, entry in enumerate(_ENTRY.finditer(packed), 1):
        extra += int.from_bytes(entry[1], "little")
        if count > MAX_ENTRIES or extra > _MAX_EXTRA:
            raise too_many("archive")


def _name(info: zipfile.ZipInfo) -> str:
    """Return a member's name; macOS writes it in UTF-8 and does not say so."""
    if info.flag_bits & _UTF8_NAME or info.filename.isascii():
        return info.filename
    try:
        return info.filename.encode("cp437").decode()
    except ValueError:
        return info.filename


def _kind(info: zipfile.ZipInfo) -> str:
    """Return what a member is, empty for a regular file; programs of Windows do not say."""
    mode = stat.S_IFMT(info.external_attr >> 16)
    if mode in (0, stat.S_IFREG):
        return ""
    return "a symbolic link" if mode == stat.S_IFLNK else "not a regular file"
