"""The members of a gzip-compressed tar, found in one pass with bounded time and memory.

`tarfile` believes what headers say: an extended header may fill the memory, a global one is copied for each
member, and some of its searches take quadratic time. Intake needs names, kinds and a few small contents, so
the headers are walked here, and `tarfile` parses single blocks.
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
_SPARSE_CONTINUES: Final = 482, 504  # where the first and any further block of a sparse file's map say so


class TarArchive:
    """A ``.tar.gz`` in memory.

    Attributes:
        members: all of them, in their order.

    Raises:
        tarfile.TarError, zlib.error, EOFError, ValueError: it is damaged, or larger than is read.
    """

    def __init__(self, packed: bytes) -> None:
        self._packed = packed
        self.members: list[Member] = []
        self._offsets: list[int] = []
        stream = Unpacked(packed)
        self._list(stream)
        stream.finish()

    def read(self, places: Sequence[int]) -> list[bytes]:
        """Return the contents of the members at ``places``. Look at their sizes first."""
        stream, contents = Unpacked(self._packed), {}
        for place in sorted(places):  # in one pass: each may unpack everything before it
            stream.skip_to(self._offsets[place])
            contents[place] = stream.read_all(self.members[place].size)
        return [contents[place] for place in places]

    def _list(self, stream: Unpacked) -> None:
        """Walk over all headers."""
        extended: dict[str, bytes] = {}
        budget = _MAX_EXTENDED
        for _ in range(_MAX_HEADERS):
            block = stream.read(_BLOCK)
            if not block.strip(b"\0"):
                return
            header = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
            size = int(extended.get("size", header.size))
            stream.check_reach(size)
            if header.type in _EXTENDED:
                if size > budget:
                    raise tarfile.ReadError("its headers are larger than is read")
                budget -= size
                end = stream.position + _padded(size)
                extended |= _read_extended(header.type, stream.read_all(size))
                stream.skip_to(end)
                continue
            if header.type == tarfile.GNUTYPE_SPARSE:
                _pass_over_map(stream, block)
            start = stream.position
            if header.type not in _IGNORED:
                self.members.append(_member(header, extended, size))
                self._offsets.append(start)
                extended = {}
            stream.skip_to(start + (_padded(size) if _has_content(header) else 0))
        raise tarfile.ReadError(f"it has more than {_MAX_HEADERS:,} members")


def _member(header: tarfile.TarInfo, extended: dict[str, bytes], size: int) -> Member:
    """Return the member that a header and the extended header before it describe."""
    name = extended["path"].decode("utf-8", "surrogateescape") if "path" in extended else header.name
    kind = _KINDS.get(header.type, "not a regular file")
    if not kind and "sparse" in extended:
        kind = _KINDS[tarfile.GNUTYPE_SPARSE]
    return Member(name + "/" if header.isdir() else name, kind, size)


def _has_content(header: tarfile.TarInfo) -> bool:
    """Whether the bytes that a header announces follow it; links and devices have a size and no bytes."""
    return header.isreg() or header.type not in tarfile.SUPPORTED_TYPES or header.type in _IGNORED


def _padded(size: int) -> int:
    """Return a size in whole blocks."""
    return -(-size // _BLOCK) * _BLOCK


def _pass_over_map(stream: Unpacked, block: bytes) -> None:
    """Pass over the further blocks of a GNU sparse file's map, which its size does not count."""
    flag, further = _SPARSE_CONTINUES
    while block[flag]:
        block, flag = stream.read_all(_BLOCK), further


def _read_extended(kind: bytes, body: bytes) -> dict[str, bytes]:
    """Return what an extended header says about the member after it: path, size, whether it is sparse."""
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
