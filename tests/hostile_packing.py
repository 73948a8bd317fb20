"""Random submissions: folders, zips and tars that are right, nearly right, and made to do harm.

A pack is described first and written then, so that what is wrong with it is what Hypothesis shrinks.
"""

from __future__ import annotations

import gzip
import os
import stat
import struct
import tarfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from packing import TEXT
from strategies import damaged, damages

SOURCE = TEXT.encode()
_plain_text = st.text(st.characters(codec="utf-8", exclude_characters="\0/"), min_size=1, max_size=12)

right_names = st.sampled_from(["cnn.py", "work/cnn.py", "./cnn.py", "cnn/cnn.py"])
other_names = st.sampled_from(
    ["notes.txt", "data/a.csv", "._cnn.py", "__MACOSX/cnn.py", "CNN.py", "a/b/cnn.py", "old/cnn.py"]
)
odd_names = (
    st.sampled_from(["../cnn.py", "/cnn.py", "..\\cnn.py", "C:\\cnn.py", "a/../cnn.py", "work\\cnn.py"])
    | st.sampled_from(
        ["", ".", "..", "/", "cnn.py/", "cnn.py\n", "\x1b[2Jcnn.py", "cnn.py.txt", "homework.zip"]
    )
    | st.sampled_from(["deep/" * 200 + "cnn.py", "x" * 300, "e\u0301.py"])
    | _plain_text
)
contents = (
    st.just(SOURCE)
    | st.sampled_from(
        [b"", b"\xef\xbb\xbf# bom\n", b"# caf\xe9\n", "# wide\n".encode("utf-16"), b"\0", b"PK\3\4"]
    )
    | st.binary(max_size=300)
    | st.sampled_from([1_000_000, 1_000_001]).map(lambda size: b"#" * size)
)


def _names(first: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return a strategy for names that are odd once in eight times."""
    return st.integers(0, 7).flatmap(lambda dice: odd_names if dice == 7 else first)


def _mostly(usual: object, *others: object) -> st.SearchStrategy[object]:
    """Return a strategy that gives the usual value most of the time."""
    return st.integers(0, 19).flatmap(lambda dice: st.sampled_from(others) if dice == 7 else st.just(usual))


def _pack(member: Callable[[st.SearchStrategy[str]], st.SearchStrategy[Any]]) -> st.SearchStrategy[list[Any]]:
    """Return a strategy for a few members, of which the first is most often the declared file."""
    first, other = member(_names(right_names)), member(_names(other_names))
    return st.builds(lambda one, others: [one, *others], first, st.lists(other, max_size=2))


def _sometimes_damaged(content: st.SearchStrategy[bytes], one_in: int) -> st.SearchStrategy[bytes]:
    """Return a strategy that damages some contents."""
    return st.builds(
        lambda packed, dice, operations: packed if dice != 1 else damaged(packed, operations),
        content,
        st.integers(0, one_in - 1),
        damages,
    )


# Zip

_NAMES_ZIP64 = struct.pack("<HHQQ", 1, 16, 22, 22)


@dataclass(frozen=True)
class ZipMember:
    """One member as its two headers tell it; ``announced`` is added to the sizes in the directory."""

    name: str
    content: bytes
    method: int = 8
    flags: int = 0
    mode: int = 0
    extra: bytes = b""
    announced: int = 0


_zip_fields: dict[str, st.SearchStrategy[object]] = {
    "method": _mostly(8, 0, 12, 14, 99),
    "flags": _mostly(0x800, 0, 1, 8, 0x20, 0x40, 0xFFFF),
    "mode": _mostly(0, stat.S_IFREG | 0o644, stat.S_IFLNK | 0o777, stat.S_IFDIR, stat.S_IFIFO, 0xFFFF),
    "extra": _mostly(b"", b"\x99\x99\0\0" * 50, b"\1\0\1", _NAMES_ZIP64, b"\1\0\0\0", b"\x75\x70\4\0\1abc"),
    "announced": _mostly(0, -1, 1, 10_000, 2_000_000, 0xFFFF_FFFF),
}


def write_zip(members: list[ZipMember], comment: bytes, prefix: bytes) -> bytes:
    """Return a zip of these members."""
    body, directory = prefix, b""
    for member in members:
        raw = member.content
        deflated = zlib.compress(raw, 1, -15) if member.method == 8 else raw
        name = member.name.encode("utf-8", "surrogatepass")[:0xFFFF]
        size = max(0, len(raw) + member.announced) & 0xFFFF_FFFF
        lengths = (len(deflated), size, len(name), len(member.extra))
        common = struct.pack("<4H3L2H", member.flags, member.method, 0, 33, zlib.crc32(raw), *lengths)
        entry = b"PK\1\2" + struct.pack("<2H", 20 | 3 << 8, 20) + common
        entry += struct.pack("<3H2L", 0, 0, 0, member.mode << 16, len(body)) + name + member.extra
        body += b"PK\3\4" + struct.pack("<H", 20) + common + name + member.extra + deflated
        directory += entry
    end = struct.pack(
        "<4s4H2LH", b"PK\5\6", 0, 0, len(members), len(members), len(directory), len(body), len(comment)
    )
    return body + directory + end + comment


zips = _sometimes_damaged(
    st.builds(
        write_zip,
        _pack(lambda names: st.builds(ZipMember, names, contents, **_zip_fields)),
        _mostly(b"", b"comment", b"PK\5\6" + bytes(18)),
        _mostly(b"", b"#!/bin/sh\n", b"PK\1\2" + bytes(42)),
    ),
    one_in=3,
)

# Tar


@dataclass(frozen=True)
class TarMember:
    """One member: what stands before its header, its header, and its content."""

    name: str
    content: bytes
    kind: bytes = tarfile.REGTYPE
    announced: int = 0
    extended: tuple[tuple[bytes, bytes], ...] = ()
    field: tuple[int, bytes] = (0, b"")


def _record(key: bytes, value: bytes) -> bytes:
    """Return a pax record with its own length in front."""
    length = len(key) + len(value) + 3
    total = length + len(str(length))
    total = length + len(str(total))
    return b"%d %s=%s\n" % (total, key, value)


_extended_headers = st.tuples(
    st.sampled_from([b"x", b"x", b"x", b"L", b"L", b"g", b"K", b"X"]),
    st.sampled_from(
        [
            _record(b"path", b"cnn.py"),
            _record(b"path", b"work/" * 30 + b"cnn.py"),
            _record(b"path", b"\xff\xfe\n"),
            _record(b"mtime", b"1.5") + _record(b"comment", b"a=b"),
            _record(b"size", b"22"),
            _record(b"size", b"1e9"),
            _record(b"size", b"-512"),
            _record(b"GNU.sparse.major", b"1"),
            b"cnn.py\0",
            b"0 path=x\n",
            b"99999999999999 path=x\n",
            b"7 path=x\n",
        ]
    )
    | st.binary(max_size=40),
)
_FIELDS = [
    (0, b"\0" * 9),
    (100, b"\xff" * 8),
    (124, b"\x80\0\0\1"),
    (124, b"\xff" * 12),
    (156, b"x"),
    (257, b"ustar  \0"),
    (345, b"../.."),
    (482, b"\1"),
]
_tar_fields: dict[str, st.SearchStrategy[object]] = {
    "kind": _mostly(
        b"0", b"\0", b"7", b"1", b"2", b"3", b"4", b"5", b"6", b"S", b"V", b"x", b"L", b"g", b"\xff"
    ),
    "announced": _mostly(0, -1, 1, 511, 512, 2**30, -(2**31)),
    "extended": _mostly(False, True).flatmap(
        lambda some: st.lists(_extended_headers, max_size=3).map(tuple) if some else st.just(())
    ),
    "field": _mostly((0, b""), *_FIELDS),
}


def write_tar(members: list[TarMember], end: bytes) -> bytes:
    """Return a tar of these members, each checksum right whatever the header holds."""
    return b"".join(_write_member(member) for member in members) + end


def _write_member(member: TarMember) -> bytes:
    """Return one member with all that belongs to it."""
    written = b""
    for kind, body in member.extended:
        info = tarfile.TarInfo("extended")
        info.type, info.size = kind, len(body)
        written += info.tobuf(tarfile.USTAR_FORMAT) + _blocks(body)
    content = b"" if member.kind in b"123456" else member.content  # links, devices and folders have none
    info = tarfile.TarInfo(member.name)
    info.type, info.size, info.linkname = member.kind, max(0, len(content) + member.announced), "cnn.py"
    packed = info.tobuf(tarfile.GNU_FORMAT, errors="surrogateescape")
    header, (place, value) = bytearray(packed[-512:]), member.field
    header[place : place + len(value)] = value
    header[148:156] = b"%06o\0 " % (sum(header[:148]) + 8 * 32 + sum(header[156:512]))
    return written + packed[:-512] + bytes(header) + _blocks(content)


def _blocks(content: bytes) -> bytes:
    return content + bytes(-len(content) % 512)


def write_gzip(content: bytes, cuts: list[int], after: bytes) -> bytes:
    """Return the content as one gzip file, of several parts where it is cut."""
    ends = sorted(cut % (len(content) + 1) for cut in cuts)
    parts = [content[begin:end] for begin, end in zip([0, *ends], [*ends, len(content)], strict=True)]
    return b"".join(gzip.compress(part, 1, mtime=0) for part in parts) + after


_plain_tars = st.builds(
    write_tar,
    _pack(lambda names: st.builds(TarMember, names, contents, **_tar_fields)),
    _mostly(bytes(1024), b"", bytes(512), bytes(10_240), b"rest" * 128),
)
tars = _sometimes_damaged(  # most of the damage is inside: whatever happens to gzip, its checksum finds
    st.builds(
        write_gzip,
        _sometimes_damaged(_plain_tars, one_in=3),
        _mostly(False, True).flatmap(lambda some: st.lists(st.integers(0, 5000)) if some else st.just([])),
        _mostly(b"", b"\0" * 100, b"junk", b"\x1f\x8b"),
    ),
    one_in=8,
)

# Folders


def _write_two_names(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.with_suffix(".2").hardlink_to(path)


def _write_hole(path: Path, _: bytes) -> None:
    path.touch()
    os.truncate(path, 1 << 40)


_WRITERS: dict[str, Callable[[Path, bytes], object]] = {
    "file": Path.write_bytes,
    "folder": lambda path, _: path.mkdir(),
    "link": lambda path, _: path.symlink_to(path.parent / "cnn.py"),
    "link away": lambda path, _: path.symlink_to("/etc/hostname"),
    "long link": lambda path, _: path.symlink_to("x" * 4000),
    "link to folder": lambda path, _: path.symlink_to("/etc"),
    "pipe": lambda path, _: os.mkfifo(path),
    "socket": lambda path, _: os.mknod(path, stat.S_IFSOCK | 0o600),
    "second name": _write_two_names,
    "huge": _write_hole,
}
_file_names = st.sampled_from(["cnn.py"] * 6 + ["Cnn.py", "cnn", "notes.txt", "a.zip", "e\u0301.py"]) | (
    st.binary(min_size=1, max_size=20).map(lambda raw: os.fsdecode(raw.translate(None, b"\0/") or b"x"))
)
_folder_entries = st.lists(
    st.tuples(_file_names, _mostly("file", *_WRITERS), contents), min_size=1, max_size=4
)
folders = st.tuples(
    _mostly("", "cnn", "cnn", "cnn", "work"),  # the folder inside that holds everything
    _folder_entries,
    _mostly("folder", "link to folder", "pipe", "file"),  # what the submission itself is
)
FolderCase = tuple[str, list[tuple[str, str, bytes]], str]


def write_folder(submission: Path, case: FolderCase) -> None:
    """Write a submission; what cannot be written (a second time, for example) is left out."""
    inside, entries, kind = case
    if kind != "folder":
        _WRITERS[kind](submission, SOURCE)
        return
    folder = submission / inside
    folder.mkdir(parents=True)
    for name, what, content in entries:
        if name not in (".", "..") and not os.path.lexists(folder / name):
            try:
                _WRITERS[what](folder / name, content)
            except OSError:
                continue


def written_texts(case: FolderCase) -> set[bytes]:
    """Return the contents of the files that `write_folder` wrote, whatever their names."""
    return {content for _, what, content in case[1] if what == "file"}
