"""The members of a gzip-compressed tar, found in one pass with bounded time and memory.

`tarfile` trusts the headers: an extended header may fill the memory, a global one is copied for each member,
and some searches take quadratic time. Intake needs only names, kinds and a few small contents. So this module
goes through the headers itself, and uses `tarfile` to parse single blocks.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator, Sequence
from typing import Final

from autograder.submission._gzip import Unpacked
from autograder.submission._member import Member

_BLOCK: Final = tarfile.BLOCKSIZE
_MAX_HEADERS: Final = 20_000
_MAX_EXTENDED: Final = 4_000_000
_EXTENDED: Final = (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME)
_IGNORED: Final = (tarfile.XGLTYPE, tarfile.GNUTYPE_LONGLINK)
_KINDS: Final = {
    **dict.fromkeys((tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE), ""),
    tarfile.LNKTYPE: "a hard link to another member",
    tarfile.SYMTYPE: "a symbolic link",
    tarfile.CHRTYPE: "a device",
    tarfile.BLKTYPE: "a device",
    tarfile.DIRTYPE: "a folder",
    tarfile.FIFOTYPE: "a named pipe",
    tarfile.GNUTYPE_SPARSE: "a sparse file",
}
# In a sparse file's map: the byte that tells whether another block follows, in the first and in later blocks.
_SPARSE_CONTINUES: Final = 482, 504


class TarArchive:
    """A ``.tar.gz`` in memory.

    Attributes:
        members: all members, in the order of the archive.

    Raises:
        tarfile.TarError, zlib.error, EOFError, ValueError: the archive is damaged or too large.
    """

    def __init__(self, packed: bytes) -> None:
        self._packed = packed
        self.members: list[Member] = []
        self._offsets: list[int] = []
        stream = Unpacked(packed)
        self._list(stream)
        stream.finish()

    def read(self, places: Sequence[int]) -> list[bytes]:
        """Return the contents of the members at ``places``. Check their sizes before."""
        stream, contents = Unpacked(self._packed), {}
        for place in sorted(places):  # in one pass, because a pass has to unpack everything before a member
            stream.skip_to(self._offsets[place])
            contents[place] = stream.read_all(self.members[place].size)
        return [contents[place] for place in places]

    def _list(self, stream: Unpacked) -> None:
        """Go through all headers, and list the members with the offsets of their contents."""
        extended: dict[str, bytes] = {}
        budget = _MAX_EXTENDED
        for _ in range(_MAX_HEADERS):
            block = stream.read(_BLOCK)
            if not block.strip(b"\0"):
                return
            header = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
            size = int(extended.get("size", header.size))
            stream.check_size(size)
            if header.type in _EXTENDED:
                if size > budget:
                    raise tarfile.ReadError("its headers are larger than is read")
                budget -= size
                end = stream.position + _padded(size)
                extended |= _read_extended(header.type, stream.read_all(size))
                stream.skip_to(end)
                continue
            if header.type == tarfile.GNUTYPE_SPARSE:
                _skip_sparse_map(stream, block)
            start = stream.position
            if header.type not in _IGNORED:
                self.members.append(_member(header, extended, size))
                self._offsets.append(start)
                extended = {}
            stream.skip_to(start + (_padded(size) if _has_content(header) else 0))
        raise tarfile.ReadError(f"it has more than {_MAX_HEADERS:,} members")


def _member(header: tarfile.TarInfo, extended: dict[str, bytes], size: int) -> Member:
    """Return the member that a header describes together with the extended header before it."""
    name = extended["path"].decode("utf-8", "surrogateescape") if "path" in extended else header.name
    kind = _KINDS.get(header.type, "not a regular file")
    if not kind and "sparse" in extended:
        kind = _KINDS[tarfile.GNUTYPE_SPARSE]
    return Member(name + "/" if header.isdir() else name, kind, size)


def _has_content(header: tarfile.TarInfo) -> bool:
    """Return whether content follows a header; links and devices may have a size, but no content."""
    return header.isreg() or header.type not in tarfile.SUPPORTED_TYPES or header.type in _IGNORED


def _padded(size: int) -> int:
    """Return a size, rounded up to whole blocks."""
    return -(-size // _BLOCK) * _BLOCK


def _skip_sparse_map(stream: Unpacked, block: bytes) -> None:
    """Skip the further blocks of a GNU sparse file's map, which its size does not include."""
    flag, further = _SPARSE_CONTINUES
    while block[flag]:
        block, flag = stream.read_all(_BLOCK), further


def _read_extended(kind: bytes, body: bytes) -> dict[str, bytes]:
    """Return path, size and "sparse" of the next member, as far as an extended header holds them."""
    if kind == tarfile.GNUTYPE_LONGNAME:
        return {"path": body.partition(b"\0")[0]}
    found = {}
    for key, value in _pax_records(body):
        if key in (b"path", b"size"):
            found[key.decode()] = value
        elif key.startswith(b"GNU.sparse."):
            found["sparse"] = b""
    return found


def _pax_records(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield keys and values of a pax header: records of the form ``length key=value`` and a line feed."""
    start = 0
    while start < len(body):
        space = body.index(b" ", start, start + 12)
        length = int(body[start:space])
        if length <= space - start:
            raise tarfile.ReadError("a record of a header has no length")
        key, _, value = body[space + 1 : start + length - 1].partition(b"=")
        yield key, value
        start += length
