"""The members of a gzip-compressed tar, found in one pass with bounded time and memory.

`tarfile` believes what headers say: an extended header may fill the memory, a global one is copied for each
member, and some of its searches take quadratic time. Intake needs names, kinds and a few small contents, so
the headers are walked here, and `tarfile` parses single blocks.
"""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_GZIP: Final = 16 + zlib.MAX_WBITS
_BLOCK: Final = tarfile.BLOCKSIZE
_CHUNK: Final = 1 << 16
_MAX_UNPACKED: Final = 200_000_000
_MAX_HEADERS: Final = 20_000
_MAX_EXTENDED: Final = 4_000_000
_NAMING: Final = (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME)
_IGNORED: Final = (tarfile.XGLTYPE, tarfile.GNUTYPE_LONGLINK)
_REGULAR: Final = (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE)


@dataclass(frozen=True, slots=True)
class TarMember:
    """One member: its name, whether it is a regular file, and where in the unpacked archive it lies."""

    name: str
    regular: bool
    offset: int
    size: int


def list_members(archive: bytes) -> list[TarMember]:
    """Return the members of a ``.tar.gz`` in their order.

    Raises:
        tarfile.TarError, zlib.error, EOFError, ValueError: it is damaged, or larger than is read.
    """
    stream = _Unpacked(archive)
    found: list[TarMember] = []
    longer, extended = "", 0
    for _ in range(_MAX_HEADERS):
        block = stream.read(_BLOCK)
        if not block.strip(b"\0"):
            return found
        header = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        if header.size < 0 or stream.position + header.size > _MAX_UNPACKED:
            raise tarfile.ReadError("it unpacks to more than is read")
        end = stream.position
        if header.isreg() or header.type not in tarfile.SUPPORTED_TYPES or header.type in _NAMING + _IGNORED:
            end += -(-header.size // _BLOCK) * _BLOCK
        if header.type in _NAMING:
            extended += header.size
            if extended > _MAX_EXTENDED:
                raise tarfile.ReadError("its headers are larger than is read")
            longer = _name_in(header.type, stream.read(header.size)) or longer
        elif header.type not in _IGNORED:
            regular = header.type in _REGULAR
            found.append(TarMember(longer or header.name, regular, stream.position, header.size))
            longer = ""
        stream.skip_to(end)
    raise tarfile.ReadError(f"it has more than {_MAX_HEADERS:,} members")


def read_member(archive: bytes, member: TarMember) -> bytes:
    """Return a member's content. Look at its size first."""
    stream = _Unpacked(archive)
    stream.skip_to(member.offset)
    content = stream.read(member.size)
    if len(content) < member.size:
        raise EOFError("it ends too soon")
    return content


def _name_in(kind: bytes, body: bytes) -> str:
    """Return the name that an extended header gives to the member after it, empty when it gives none."""
    if kind == tarfile.GNUTYPE_LONGNAME:
        name = body.partition(b"\0")[0]
    else:
        name = dict(_pax_records(body)).get(b"path", b"")
    return name.decode("utf-8", "surrogateescape")


def _pax_records(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield keys and values of a pax header: records of the form ``length key=value`` and a line end."""
    start = 0
    while start < len(body):
        space = body.index(b" ", start, start + 12)
        length = int(body[start:space])
        if length <= space - start:
            raise tarfile.ReadError("a record of a header has no length")
        key, _, value = body[space + 1 : start + length - 1].partition(b"=")
        yield key, value
        start += length


class _Unpacked:
    """What a gzip stream unpacks to, read forward."""

    def __init__(self, packed: bytes) -> None:
        self._engine = zlib.decompressobj(_GZIP)
        self._chunks = (packed[start : start + _CHUNK] for start in range(0, len(packed), _CHUNK))
        self.position = 0

    def read(self, size: int) -> bytes:
        """Return the next bytes; fewer at the end."""
        content = bytearray()
        while len(content) < size and (piece := self._piece(size - len(content))):
            content += piece
        self.position += len(content)
        return bytes(content)

    def skip_to(self, position: int) -> None:
        """Pass over everything before ``position``."""
        while self.position < position:
            if not self.read(min(1 << 20, position - self.position)):
                raise EOFError("it ends too soon")

    def _piece(self, most: int) -> bytes:
        """Return some of the next bytes, none at the end."""
        while not self._engine.eof:
            packed = self._engine.unconsumed_tail or next(self._chunks, b"")
            if piece := self._engine.decompress(packed, most):
                return piece
            if not packed:
                raise EOFError("it ends too soon")
        return b""
