"""The unpacked content of a gzip file, read forward in bounded time and memory."""

from __future__ import annotations

import tarfile
import zlib
from typing import Final

_GZIP: Final = 16 + zlib.MAX_WBITS
_MAGIC: Final = b"\x1f\x8b"
_CHUNK: Final = 1 << 16
_STEP: Final = 1 << 20
_MAX_UNPACKED: Final = 200_000_000
_MAX_PARTS: Final = 10_000  # each takes time to start; programs that make several put 64 kB into each


class Unpacked:
    """A stream of unpacked bytes; a gzip file may consist of several parts.

    All methods raise tarfile.ReadError, zlib.error or EOFError if the file is damaged.

    Args:
        packed: the gzip file.

    Attributes:
        position: how many unpacked bytes were read or skipped.
    """

    def __init__(self, packed: bytes) -> None:
        self._chunks = (packed[start : start + _CHUNK] for start in range(0, len(packed), _CHUNK))
        self._engine = zlib.decompressobj(_GZIP)
        self._waiting = b""
        self._parts_left = _MAX_PARTS
        self._finished = False
        self.position = 0

    def read(self, size: int) -> bytes:
        """Return the next ``size`` bytes; fewer at the end."""
        content = bytearray()
        while len(content) < size and (piece := self._piece(size - len(content))):
            content += piece
        self.position += len(content)
        return bytes(content)

    def read_all(self, size: int) -> bytes:
        """Return exactly the next ``size`` bytes."""
        content = self.read(size)
        if len(content) < size:
            raise EOFError("it ends too soon")
        return content

    def skip_to(self, position: int) -> None:
        """Skip everything before ``position``."""
        while self.position < position:
            self.read_all(min(_STEP, position - self.position))

    def check_size(self, size: int) -> None:
        """Raise tarfile.ReadError if ``size`` is negative, or if that many more bytes exceed the limit."""
        if not 0 <= size <= _MAX_UNPACKED - self.position:
            raise tarfile.ReadError("it unpacks to more than is read")

    def finish(self) -> None:
        """Read the rest: a gzip file has its checksum at the end."""
        while self.read(_STEP):
            self.check_size(0)

    def _piece(self, most: int) -> bytes:
        """Return at most ``most`` of the next bytes, none at the end."""
        while not self._finished:
            packed = self._waiting or next(self._chunks, b"")
            piece = self._engine.decompress(packed, most)
            self._waiting = self._engine.unconsumed_tail
            if self._engine.eof:
                self._start_next_part()
            elif not packed and not piece:
                raise EOFError("it ends too soon")
            if piece:
                return piece
        return b""

    def _start_next_part(self) -> None:
        """Start the next part, if there is one; other bytes that follow are padding."""
        rest = self._engine.unused_data.lstrip(b"\0")
        while len(rest) < len(_MAGIC) and (chunk := next(self._chunks, b"")):
            rest = (rest + chunk).lstrip(b"\0")
        if not rest.startswith(_MAGIC):
            self._finished = True
            return
        self._parts_left -= 1
        if not self._parts_left:
            raise tarfile.ReadError("it has too many parts")
        self._engine, self._waiting = zlib.decompressobj(_GZIP), rest
