"""Submissions that are more than one Python file: archives, links, devices, planted files."""

import functools
import io
import os
import socket
import stat
import struct
import subprocess
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from attacks.attack import HONEST, LayDown, Told, source, write_module
from attacks.command import FIRST_CONTROL

SPEAKS: Final = "print('BREACH: a planted file ran')\nopen('/tmp/zoo-was-here-planted', 'w').close()\n"
_BOMB: Final = 1 << 30


def folder_with(**files: str) -> LayDown:
    """Lay down honest work with files beside it; ``__`` in a name stands for a dot, ``___`` for a slash."""

    def lay_down(folder: Path, student: str, told: Told) -> None:
        write_module(folder / student, HONEST)
        for name, text in files.items():
            path = folder / student / name.replace("___", "/").replace("__", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    return lay_down


def module(content: str | bytes) -> LayDown:
    """Lay down one file that cannot stand in the zoo, because Python or its tools cannot read it."""
    return lambda folder, student, told: write_module(folder / student, content)


def zipped(*members: tuple[str | zipfile.ZipInfo, str | bytes]) -> LayDown:
    """Lay down a zip with these members."""

    def lay_down(folder: Path, student: str, told: Told) -> None:
        with zipfile.ZipFile(folder / f"{student}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members:
                archive.writestr(name, content)

    return lay_down


def tarred(*members: tuple[tarfile.TarInfo, bytes]) -> LayDown:
    """Lay down a tar.gz with these members."""

    def lay_down(folder: Path, student: str, told: Told) -> None:
        with tarfile.open(folder / f"{student}.tar.gz", "w:gz") as archive:
            for member, content in members:
                archive.addfile(member, io.BytesIO(content))

    return lay_down


def raw(ending: str, content: Callable[[], bytes]) -> LayDown:
    """Lay down an archive byte by byte."""

    def lay_down(folder: Path, student: str, told: Told) -> None:
        (folder / f"{student}{ending}").write_bytes(content())

    return lay_down


def zip_entry(name: str, mode: int) -> zipfile.ZipInfo:
    """Return a zip member that claims to be a link, a device or the like."""
    entry = zipfile.ZipInfo(name)
    entry.create_system = 3
    entry.external_attr = mode << 16
    return entry


def tar_entry(name: str, kind: bytes = tarfile.REGTYPE, *, size: int = 0, link: str = "") -> tarfile.TarInfo:
    """Return a tar member of any kind."""
    entry = tarfile.TarInfo(name)
    entry.type, entry.size, entry.linkname = kind, size, link
    return entry


def linked_file(folder: Path, student: str, told: Told) -> None:
    """Lay down a link to the reference in place of a file."""
    (folder / student).mkdir()
    (folder / student / "cnn.py").symlink_to(told["paths"][0])


def linked_folder(folder: Path, student: str, told: Told) -> None:
    """Lay down a link to another student's folder."""
    (folder / student).symlink_to(folder / "000-classmate")


def linked_archive(folder: Path, student: str, told: Told) -> None:
    """Lay down a link to a file of staff's that is named like an archive."""
    (folder / f"{student}.zip").symlink_to(told["paths"][0])


def piped_archive(folder: Path, student: str, told: Told) -> None:
    """Lay down a pipe that is named like an archive."""
    os.mkfifo(folder / f"{student}.zip")


def linked_homework(folder: Path, student: str, told: Told) -> None:
    """Lay down nbgrader's tree, with a link to the reference's folder in it."""
    (folder / student).mkdir()
    (folder / student / "cnn").symlink_to(Path(told["paths"][0]).parent)


def pipe(folder: Path, student: str, told: Told) -> None:
    """Lay down a pipe that nobody writes to: who opens it waits for ever."""
    (folder / student).mkdir()
    os.mkfifo(folder / student / "cnn.py")


def listening(folder: Path, student: str, told: Told) -> None:
    """Lay down a socket."""
    (folder / student).mkdir()
    here = Path.cwd()
    os.chdir(folder / student)  # a socket's path is short
    try:
        with socket.socket(socket.AF_UNIX) as door:
            door.bind("cnn.py")
    finally:
        os.chdir(here)


def device(folder: Path, student: str, told: Told) -> None:
    """Lay down a device that never ends; where nobody may make one, a folder."""
    (folder / student).mkdir()
    try:
        os.mknod(folder / student / "cnn.py", stat.S_IFCHR | 0o666, os.makedev(1, 5))
    except PermissionError:
        (folder / student / "cnn.py").mkdir()


def odd_name(folder: Path, student: str, told: Told) -> None:
    """Lay down honest work in a folder whose name steers terminals, pages and spreadsheets."""
    write_module(folder / f"{student}-\x1b[2J<script>zoo<b>\n=1+1\u202e", HONEST)


def odd_files(folder: Path, student: str, told: Told) -> None:
    """Lay down files whose names steer terminals, and not the one that is wanted."""
    (folder / student).mkdir()
    for name in ("\x1b[2J.py", "<script>zoo().py", "a\nb", "=1+1", "cnn.py\u202e", "CNN.PY\x07"):
        (folder / student / name).write_text("x = 1\n")
    os.close(os.open(os.fsencode(folder / student) + b"/\xff\xfe", os.O_CREAT | os.O_WRONLY))


def copy_of_another(folder: Path, student: str, told: Told) -> None:
    """Lay down a copy of another student's work, byte by byte."""
    write_module(folder / student, (folder / FIRST_CONTROL / "cnn.py").read_bytes())


def many_members() -> bytes:
    """Return a zip with a hundred thousand members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("cnn.py", HONEST)
    packed = buffer.getvalue()
    start, end = packed.index(b"PK\1\2"), packed.index(b"PK\5\6")
    entry = packed[start:end]
    ending = bytearray(packed[end:])
    struct.pack_into("<HHII", ending, 8, 65_535, 65_535, 65_535 * len(entry), start)
    return packed[:start] + 65_535 * entry + bytes(ending)


def zip_bomb(*, honest_header: bool) -> bytes:
    """Return a zip whose ``cnn.py`` unpacks to a gigabyte, and says so or not."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = b"".join(packer.compress(bytes(1 << 20)) for _ in range(_BOMB >> 20)) + packer.flush()
    size = _BOMB if honest_header else 1000
    name = b"cnn.py"
    local = struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 20, 0, 8, 0, 0, 0, len(packed), size, len(name), 0) + name
    central = struct.pack(
        "<4sHHHHHHIIIHHHHHII",
        b"PK\1\2",
        20,
        20,
        0,
        8,
        0,
        0,
        0,
        len(packed),
        size,
        len(name),
        0,
        0,
        0,
        0,
        0,
        0,
    )
    central += name
    start = len(local) + len(packed)
    return local + packed + central + struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 1, 1, len(central), start, 0)


def gzip_bomb() -> bytes:
    """Return a tar.gz with a member of a gigabyte in front of the one that is wanted."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    wanted = tar_entry("cnn.py", size=len(HONEST))
    pieces: Iterable[bytes] = (bytes(1 << 20) for _ in range(_BOMB >> 20))
    head = packer.compress(tar_entry("zeros", size=_BOMB).tobuf())
    body = b"".join(map(packer.compress, pieces))
    last = wanted.tobuf() + HONEST.encode().ljust(512 * (len(HONEST) // 512 + 1), b"\0") + bytes(1024)
    return head + body + packer.compress(last) + packer.flush()


def extended_headers() -> bytes:
    """Return a tar.gz whose headers are far larger than its contents."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", format=tarfile.PAX_FORMAT) as archive:
        member = tar_entry("cnn.py", size=len(HONEST))
        member.pax_headers = {"comment": "x" * 30_000_000, "path": "cnn.py"}
        archive.addfile(member, io.BytesIO(HONEST.encode()))
    return buffer.getvalue()


def shipped_weights(folder: Path, student: str, told: Told) -> None:
    """Lay down a network whose trained weights stand in the source."""
    text = source("42_ships_weights", told).replace("WEIGHTS = {}", f"WEIGHTS = {trained_weights()!r}", 1)
    write_module(folder / student, text)


@functools.cache
def trained_weights() -> str:
    """Return weights as a student may train them at home, packed into text."""
    code = """
import base64, sys, zlib
import numpy as np
sys.path.insert(0, sys.argv[1])
import cnn
from autograder import datasets
data = datasets.load("digits")
model = cnn.build_classifier()
cnn.train_classifier(model, data.train.images, data.train.labels, epochs=3, batch_size=64, seed=1)
flat = np.concatenate([weight.ravel() for weight in model.get_weights()]).astype("float16")
print(base64.b85encode(zlib.compress(flat.tobytes())).decode())
"""
    solution = Path(__file__).parents[2] / "solutions" / "cnn"
    quiet = os.environ | {
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "KERAS_BACKEND": "tensorflow",
        "CUDA_VISIBLE_DEVICES": "-1",
    }
    command = [sys.executable, "-c", code, str(solution)]
    return subprocess.run(command, env=quiet, capture_output=True, text=True, check=True).stdout.strip()


def weights_beside(folder: Path, student: str, told: Told) -> None:
    """Lay down a network that loads its weights from files that were handed in as well."""
    write_module(folder / student, source("42_weights_beside", told))
    for name in ("cnn.weights.h5", "weights.npz", "model.keras"):
        (folder / student / name).write_bytes(b"PK\3\4" + os.urandom(1000))


def slow_to_compile(folder: Path, student: str, told: Told) -> None:
    """Lay down source that Python's own parser and compiler choke on."""
    depth = 50_000
    write_module(folder / student, HONEST + f"x = {'(' * depth}{')' * depth}\n")


def heavy_to_compile(folder: Path, student: str, told: Told) -> None:
    """Lay down source of allowed size that takes the compiler much memory or time."""
    write_module(folder / student, HONEST + f"x = {'-' * 200_000}1\ny = {'1 if 1 else ' * 50_000}2\n")


def hidden_by_an_encoding(folder: Path, student: str, told: Told) -> None:
    """Lay down code that only its encoding shows: to whoever reads the file it is a comment."""
    line_end = "+AAo-"
    hidden = f"# harmless {line_end}print('hidden code ran')\n"
    text = "# -*- coding: utf-7 -*-\n" + hidden + HONEST.replace("+", "- -")
    write_module(folder / student, text)
