"""What a check may keep of pictures: which files, under which names, and how many."""

import struct
import zlib

import numpy as np
import pytest

from autograder.pictures import image_grid
from autograder.pictures.album import Album, is_file_name
from autograder.pictures.limits import MOST_BYTES, MOST_PIXELS

PNG = image_grid(np.ones((1, 4, 4)), 1)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "expected a PNG file"),
        (b"GIF89a" + PNG, "expected a PNG file. Received: b'GIF89a"),
        (PNG + b"<script>", "expected a PNG file"),
        (PNG[:-1], "expected a PNG file"),
        (PNG[:45] + bytes([PNG[45] ^ 1]) + PNG[46:], "a damaged one"),
        (PNG[:8] + PNG[-12:], "a damaged one"),
        (bomb(5000, 5000), f"at most {MOST_PIXELS:,} pixels. Received: 5000 × 5000"),
        (bomb(2**31 - 1, 2**31 - 1), "expected"),
        (PNG[:-12] + chunk(b"teXt", bytes(MOST_BYTES)) + PNG[-12:], "at most 200,000 bytes. Received: 200,"),
    ],
)
def test_only_valid_png_files_are_kept(data: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Album("a").keep("samples", data, "Samples")


@pytest.mark.parametrize("name", ["", "A", "a.png", "../a", "a/b", "a b", "é", "a\n", "x" * 41])
def test_odd_names_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="Expected a name of 1 to 40"):
        Album("a").keep(name, PNG, "Samples")


@pytest.mark.parametrize("caption", ["", "x" * 201])
def test_a_picture_has_a_caption(caption: str) -> None:
    with pytest.raises(ValueError, match="expected a caption of 1 to 200"):
        Album("a").keep("samples", PNG, caption)


def test_a_check_keeps_at_most_eight_pictures() -> None:
    album = Album("a")
    for number in range(8):
        album.keep(str(number), PNG, "first")
    album.keep("3", PNG, "second")
    assert [artifact.caption for artifact in album.artifacts].count("second") == 1
    with pytest.raises(ValueError, match=r"at most 8 pictures for each check\. Received: one more, '8'"):
        album.keep("8", PNG, "one more")


@pytest.mark.parametrize("check", ["a", "a[0]", "a[x/../y]", "a-b", "é", "x" * 300, "a[x\ny]", ""])
def test_every_check_has_file_names_of_its_own(check: str) -> None:
    names = set()
    for other in (check, f"{check}_", f"{check}!"):
        album = Album(other)
        album.keep("samples", PNG, "Samples")
        names |= set(album.files)
    assert len(names) == 3
    assert all(is_file_name(name) and len(name) < 120 for name in names)
