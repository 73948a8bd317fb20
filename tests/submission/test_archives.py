"""Intake: what is read from an archive, and what is refused, with which words."""

import gzip
import io
import os
import shutil
import stat
import struct
import subprocess
import tarfile
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from packing import TEXT, member, packed, read, refusal, student, tarred, zipped

from autograder.homework import Homework


@pytest.mark.parametrize("name", ["../cnn.py", "/etc/cron.d/x", "a/../../x", "..\\x", "C:\\x", "c:/x", "\\x"])
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_archives_with_path_traversal_are_refused(
    folder: Path, homework: Homework, name: str, kind: str
) -> None:
    """No other member of it is read either."""
    if kind == "zip":
        zipped(folder, {"cnn.py": TEXT, name: "x"})
    else:
        tarred(folder, [(member("cnn.py"), TEXT.encode()), (member(name), b"x")])
    message = refusal(folder, homework)
    assert "lies outside the archive's own folder" in message
    assert "Nothing of it was read" in message


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (tarfile.SYMTYPE, "cnn.py in the archive is a symbolic link. Pack the file itself."),
        (tarfile.LNKTYPE, "cnn.py in the archive is a hard link to another member. Pack the file itself."),
        (tarfile.FIFOTYPE, "cnn.py in the archive is a named pipe. Pack the file itself."),
        (tarfile.CHRTYPE, "cnn.py in the archive is a device. Pack the file itself."),
        (tarfile.BLKTYPE, "cnn.py in the archive is a device. Pack the file itself."),
        (tarfile.GNUTYPE_SPARSE, "cnn.py in the archive is a sparse file. Pack the file itself."),
        (b"V", "cnn.py in the archive is not a regular file. Pack the file itself."),
        (tarfile.DIRTYPE, "Expected a file named cnn.py. Received: nothing."),
    ],
)
def test_members_that_are_no_files_are_refused(
    folder: Path, homework: Homework, kind: bytes, words: str
) -> None:
    tarred(folder, [(member("cnn.py", kind, "/etc/passwd"), b"")])
    assert refusal(folder, homework) == words


@pytest.mark.parametrize("dialect", ["gnu", "pax"])
def test_sparse_members_do_not_affect_the_others(
    folder: Path, homework: Homework, tmp_path: Path, dialect: str
) -> None:
    """A declared file that is sparse is refused."""
    tar = shutil.which("tar")
    if tar is None or b"GNU tar" not in subprocess.check_output([tar, "--version"]):
        pytest.skip("GNU tar makes these archives")
    with (tmp_path / "holes").open("wb") as file:
        for block in range(60):  # more pieces than the first header and the block after it can list
            file.seek(block << 16)
            file.write(b"x")
    (tmp_path / "cnn.py").write_text(TEXT)
    command = [
        tar,
        f"--format={dialect}",
        "--sparse",
        "-czf",
        str(folder / "ada.tar.gz"),
        "-C",
        str(tmp_path),
    ]
    subprocess.run([*command, "holes", "cnn.py"], check=True)
    assert read(folder, homework).files["cnn.py"] == TEXT
    (tmp_path / "holes").replace(tmp_path / "cnn.py")
    subprocess.run([*command, "cnn.py"], check=True)
    assert refusal(folder, homework) == "cnn.py in the archive is a sparse file. Pack the file itself."


def test_a_link_in_a_zip_is_refused(folder: Path, homework: Homework) -> None:
    info = zipfile.ZipInfo("cnn.py")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(folder / "ada.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    assert refusal(folder, homework) == "cnn.py in the archive is a symbolic link. Pack the file itself."


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_a_member_twice_is_refused(folder: Path, homework: Homework, kind: str) -> None:
    packed(folder, kind, {"cnn.py": TEXT, "old/cnn.py": TEXT})
    assert refusal(folder, homework) == "The archive holds cnn.py 2 times. Keep one of them."


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_only_the_exact_case_of_a_member_counts(folder: Path, homework: Homework, kind: str) -> None:
    packed(folder, kind, {"CNN.py": "raise SystemExit", "a/cnn.py": TEXT, "a/Cnn.py": "raise SystemExit"})
    assert read(folder, homework).files["cnn.py"] == TEXT


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_a_decomposed_member_name_is_found(folder: Path, homework: Homework, kind: str) -> None:
    """Two members with the same normalized name are refused."""
    wanted = replace(homework, files=("\u00fcbung.py",))
    packed(folder, kind, {"u\u0308bung.py": TEXT})
    assert read(folder, wanted).files == {"\u00fcbung.py": TEXT}
    packed(folder, kind, {"u\u0308bung.py": TEXT, "\u00fcbung.py": TEXT})
    assert refusal(folder, wanted) == "The archive holds \u00fcbung.py 2 times. Keep one of them."


def test_a_zip_name_in_utf8_needs_no_flag(folder: Path, homework: Homework) -> None:
    path = zipped(folder, {"\u00fcbung.py": TEXT})
    content = bytearray(path.read_bytes())
    content[7] &= ~0x08
    content[content.index(b"PK\1\2") + 9] &= ~0x08
    path.write_bytes(content)
    assert read(folder, replace(homework, files=("\u00fcbung.py",))).files == {"\u00fcbung.py": TEXT}


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_files_from_several_folders_are_not_mixed(folder: Path, homework: Homework, kind: str) -> None:
    wanted = replace(homework, files=("cnn.py", "train.py"))
    packed(folder, kind, {"new/train.py": "b", "new/cnn.py": "a"})
    assert read(folder, wanted).files == {"cnn.py": "a", "train.py": "b"}
    packed(folder, kind, {"new/cnn.py": "a", "old/train.py": "b"})
    expected = (
        "Expected cnn.py and train.py in one folder of the archive. Received: new/cnn.py and old/train.py."
    )
    assert refusal(folder, wanted) == expected


@pytest.mark.parametrize("kind", ["zip", "tar"])
@pytest.mark.parametrize("inner", ["homework.zip", "work/homework.tar.gz", "cnn.7z"])
def test_an_archive_in_an_archive_is_named(folder: Path, homework: Homework, kind: str, inner: str) -> None:
    packed(folder, kind, {"readme.txt": "x", inner: "PK"})
    expected = (
        f"Expected a file named cnn.py. Received: readme.txt, {inner}. {inner} is an archive inside the "
        "archive, which is not looked into: hand in that one by itself, or the files that are in it."
    )
    assert refusal(folder, homework) == expected


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_an_archive_inside_an_archive_is_ignored(folder: Path, homework: Homework, kind: str) -> None:
    packed(folder, kind, {"cnn.py": TEXT, "data.zip": "PK"})
    assert read(folder, homework).files["cnn.py"] == TEXT


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_nbgraders_tree_may_be_packed(folder: Path, homework: Homework, kind: str) -> None:
    packed(folder, kind, {"cnn/cnn.py": TEXT})
    assert read(folder, homework).files["cnn.py"] == TEXT


def test_what_macos_adds_is_nobodys_file(folder: Path, homework: Homework) -> None:
    tarred(folder, [(member("./._cnn.py"), b"\0\5"), (member("./cnn.py"), TEXT.encode())])
    assert read(folder, homework).files["cnn.py"] == TEXT
    tarred(folder, [(member("./._cnn.py"), b"\0\5"), (member("./main.py"), TEXT.encode())])
    assert refusal(folder, homework) == "Expected a file named cnn.py. Received: main.py."


def test_a_colon_in_a_name_is_not_a_drive(folder: Path, homework: Homework) -> None:
    zipped(folder, {"homework: my solution/cnn.py": TEXT})
    assert read(folder, homework).files["cnn.py"] == TEXT


@pytest.mark.parametrize("name", ["A:notes.txt", "C:", "work/C:/notes.txt", "AB:/notes.txt"])
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_names_that_are_no_drive_are_accepted(folder: Path, homework: Homework, name: str, kind: str) -> None:
    """Only a letter, a colon and a slash at the start make a drive."""
    packed(folder, kind, {"cnn.py": TEXT, name: "x"})
    assert read(folder, homework).files == {"cnn.py": TEXT}


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_the_content_decides_the_kind_of_archive(folder: Path, homework: Homework, kind: str) -> None:
    """The ending of its name does not matter."""
    path = packed(folder, kind, {"cnn.py": TEXT})
    path.rename(folder / ("eve.tar.gz" if kind == "zip" else "eve.zip"))
    assert read(folder, homework).files["cnn.py"] == TEXT


def test_all_parts_of_a_gzip_file_are_read(folder: Path, homework: Homework) -> None:
    whole = gzip.decompress(tarred(folder, [(member("cnn.py"), TEXT.encode())]).read_bytes())
    for size in (1, 100, 511, 513, len(whole)):
        parts = [gzip.compress(whole[place : place + size]) for place in range(0, 1100, size)]
        parts.append(gzip.compress(whole[len(parts) * size :]))
        (folder / "ada.tar.gz").write_bytes(
            (b"\0" * 70_000).join(parts[:3]) + b"".join(parts[3:]) + b"\0" * 9
        )
        assert read(folder, homework).files["cnn.py"] == TEXT


def test_gzip_with_too_many_parts_is_refused(folder: Path, homework: Homework) -> None:
    (folder / "ada.tar.gz").write_bytes(gzip.compress(b"") * 1_000_000)
    assert "it has too many parts" in refusal(folder, homework)


def test_gzip_with_a_wrong_checksum_is_refused(folder: Path, homework: Homework) -> None:
    path = tarred(folder, [(member("cnn.py"), TEXT.encode())])
    content = bytearray(gzip.compress(gzip.decompress(path.read_bytes()), compresslevel=0))
    content[content.index(b"return 1") + 7] = ord("2")
    path.write_bytes(content)
    assert "not a readable archive: Error -3 while decompressing data: incorrect data check" in refusal(
        folder, homework
    )


def test_a_size_in_an_extended_header_counts(folder: Path, homework: Homework) -> None:
    body = b"11 size=22\n"
    header = member("x", tarfile.XHDTYPE)
    header.size = len(body)
    blocks = [header.tobuf(tarfile.USTAR_FORMAT), body.ljust(512, b"\0")]
    blocks += [
        member("cnn.py").tobuf(tarfile.USTAR_FORMAT),
        TEXT[:22].encode().ljust(512, b"\0"),
        bytes(1024),
    ]
    (folder / "ada.tar.gz").write_bytes(gzip.compress(b"".join(blocks)))
    assert read(folder, homework).files["cnn.py"] == TEXT[:22]


def test_bombs_are_refused_without_being_unpacked(folder: Path, homework: Homework) -> None:
    path = zipped(folder, {"cnn.py": bytes(50 << 20)})
    assert path.stat().st_size < 1_000_000
    assert "cnn.py is 52,428,800 bytes large" in refusal(folder, homework)
    path.unlink()
    tarred(folder, [(member("zeros"), bytes(200 << 20)), (member("cnn.py"), TEXT.encode())])
    assert "unpacks to more than is read" in refusal(folder, homework)


def test_a_zip_that_lies_about_a_size_is_refused(folder: Path, homework: Homework) -> None:
    path = zipped(folder, {"cnn.py": b"#" * 2_000_000})
    content = path.read_bytes().replace((2_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    path.write_bytes(content)
    assert refusal(folder, homework)


@pytest.mark.parametrize("name", ["ada.zip", "ada.tar.gz"])
def test_what_is_no_archive_is_named(folder: Path, homework: Homework, name: str) -> None:
    (folder / name).write_bytes(b"not an archive")
    assert f"{name} is not a readable archive" in refusal(folder, homework)


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_a_missing_member_lists_the_others(folder: Path, homework: Homework, kind: str) -> None:
    """The message says what to move or to rename."""
    packed(folder, kind, {"a/b/c/cnn.py": TEXT, "main.py": TEXT})
    expected = (
        "Expected a file named cnn.py. Received: a/b/c/cnn.py, main.py. "
        "Put a/b/c/cnn.py at the top of the archive, as cnn.py."
    )
    assert refusal(folder, homework) == expected
    packed(folder, kind, {"work/CNN.py": TEXT})
    expected = "Expected a file named cnn.py. Received: work/CNN.py. Rename work/CNN.py to cnn.py."
    assert refusal(folder, homework) == expected


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (tarfile.XHDTYPE, "its headers are larger than is read"),
        (tarfile.GNUTYPE_LONGNAME, "its headers are larger than is read"),
        (tarfile.XGLTYPE, "Expected a file named cnn.py. Received: nothing."),
        (tarfile.REGTYPE, "Expected a file named cnn.py. Received: x."),
    ],
)
def test_an_archive_of_zeros_needs_little_memory(
    folder: Path, homework: Homework, kind: bytes, words: str
) -> None:
    """The intake refuses it."""
    header = member("x", kind)
    header.size = 150 << 20
    with gzip.open(folder / "ada.tar.gz", "wb", 1) as file:
        file.write(header.tobuf(tarfile.USTAR_FORMAT))
        for _ in range(150):
            file.write(bytes(1 << 20))
    tracemalloc.start()
    try:
        assert words in refusal(folder, homework)
        assert tracemalloc.get_traced_memory()[1] < 10 << 20
    finally:
        tracemalloc.stop()


def test_a_tar_with_too_many_members_is_refused(folder: Path, homework: Homework) -> None:
    block = member("x").tobuf(tarfile.USTAR_FORMAT)
    (folder / "ada.tar.gz").write_bytes(gzip.compress(block * 30_000, 1))
    assert "it has more than 20,000 members" in refusal(folder, homework)


@pytest.mark.parametrize("size", [-512, 1 << 60])
def test_a_size_that_cannot_be_is_refused(folder: Path, homework: Homework, size: int) -> None:
    block = bytearray(member("x").tobuf(tarfile.USTAR_FORMAT))
    block[124:136] = tarfile.itn(size, 12, tarfile.GNU_FORMAT)  # type: ignore[attr-defined]
    block[148:156] = b"%06o\0 " % (sum(block[:148]) + 8 * 32 + sum(block[156:]))
    (folder / "ada.tar.gz").write_bytes(gzip.compress(bytes(block) + bytes(1024)))
    assert "it unpacks to more than is read" in refusal(folder, homework)


@pytest.mark.parametrize("body", [b"0 path=x\n", b"path=x\n", b"-9 path=x\n", b"1" * 600])
def test_a_malformed_extended_header_is_refused(folder: Path, homework: Homework, body: bytes) -> None:
    header = member("x", tarfile.XHDTYPE)
    header.size = len(body)
    padded = header.tobuf(tarfile.USTAR_FORMAT) + body + bytes(-len(body) % 512)
    (folder / "ada.tar.gz").write_bytes(gzip.compress(padded + bytes(1024)))
    assert "not a readable archive" in refusal(folder, homework)


@pytest.mark.parametrize("dialect", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names_are_read_in_each_tar_dialect(folder: Path, homework: Homework, dialect: int) -> None:
    long = "Übung 4 " + "x" * (60 if dialect == tarfile.USTAR_FORMAT else 180)
    with tarfile.open(folder / "ada.tar.gz", "w:gz", format=dialect, pax_headers={"comment": "c"}) as archive:
        for name, content in ((f"{long}/notes.txt", b"n" * 700), (f"{long}/cnn.py", TEXT.encode())):
            info = member(name)
            info.size, info.mtime = len(content), 1.5 if dialect == tarfile.PAX_FORMAT else 1
            archive.addfile(info, io.BytesIO(content))
    assert read(folder, homework).files["cnn.py"] == TEXT


def directory(count: int, name: bytes, extra: bytes = b"") -> bytes:
    """Return a zip that is nothing but a directory of equal entries."""
    fields = (20, 3, 20, 0, 0, 0, 0, 0, 0, 0, 0, len(name), len(extra), 0, 0, 0, 0, 0)
    entries = (struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", *fields) + name + extra) * count
    return entries + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0, 0, len(entries), 0, 0)


@pytest.mark.parametrize(
    ("count", "extra"),
    [(400_000, b""), (40, b"\x99\x99\0\0" * 16_383)],
    ids=["many entries", "many records in each"],
)
def test_a_zip_with_too_many_entries_is_refused(
    folder: Path, homework: Homework, monkeypatch: pytest.MonkeyPatch, count: int, extra: bytes
) -> None:
    """Its directory is not listed, because that would take long."""
    (folder / "ada.zip").write_bytes(directory(count, b"a", extra))
    monkeypatch.delattr("zipfile.ZipFile.infolist")
    expected = (
        "The archive has too many entries; at most 10,000 are read. "
        "Hand in only the files that the homework asks for."
    )
    assert refusal(folder, homework) == expected


@pytest.mark.parametrize(
    ("count", "name", "extra"),
    [
        (30, b"a", b"\x99\x99\0\0" * 16_383),
        (300, b"a" + b"/" * 60_000 + b"b", b""),
        (300, b"a/" * 30_000 + b"b", b""),
        (300, "\u0301\u0323".encode() * 15_000, b""),
        (9_999, b"x" * 1_900, b""),
    ],
    ids=["records", "slashes", "folders", "accents", "entries"],
)
def test_the_largest_directory_is_listed_fast(
    folder: Path, homework: Homework, count: int, name: bytes, extra: bytes
) -> None:
    """A zip file with the longest directory that is allowed needs less than five seconds."""
    (folder / "ada.zip").write_bytes(directory(count, name, extra))
    started = time.process_time()
    assert "Expected a file named cnn.py" in refusal(folder, homework)
    assert time.process_time() - started < 5


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_with_an_unusual_method_is_refused(folder: Path, homework: Homework, method: int) -> None:
    with zipfile.ZipFile(folder / "ada.zip", "w", method) as archive:
        archive.writestr("cnn.py", TEXT)
    assert "packed by an unusual method. Make a plain zip" in refusal(folder, homework)


def test_a_zip_with_a_password_is_named(folder: Path, homework: Homework) -> None:
    path = zipped(folder, {"cnn.py": TEXT})
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\1\2") + 8] |= 1
    path.write_bytes(content)
    assert "protected by a password" in refusal(folder, homework)


def test_a_zip_packed_with_backslashes_is_read(folder: Path, homework: Homework) -> None:
    zipped(folder, {"my work\\cnn.py": TEXT, "my work\\notes.txt": ""})
    assert read(folder, homework).files["cnn.py"] == TEXT


def test_a_zip_with_corrupt_content_is_refused(folder: Path, homework: Homework) -> None:
    path = zipped(folder, {"cnn.py": os.urandom(50).hex()})
    content = bytearray(path.read_bytes())
    content[36:60] = b"\xff" * 24
    path.write_bytes(content)
    assert "ada.zip is not a readable archive" in refusal(folder, homework)


@pytest.mark.parametrize("make", [zipped, tarred])
def test_an_archive_cut_short_anywhere_is_refused(
    folder: Path, homework: Homework, make: Callable[..., Path]
) -> None:
    text = os.urandom(300).hex()
    path = (
        zipped(folder, {"cnn.py": text})
        if make is zipped
        else tarred(folder, [(member("cnn.py"), text.encode())])
    )
    whole = path.read_bytes()
    assert read(folder, homework).files["cnn.py"] == text
    for length in range(0, len(whole) - 60, 7):
        path.write_bytes(whole[:length])
        assert refusal(folder, homework)


def test_an_archive_that_is_a_link_is_refused(folder: Path, homework: Homework, tmp_path: Path) -> None:
    (folder / "ada.zip").symlink_to(zipped(tmp_path, {"cnn.py": TEXT}))
    assert refusal(folder, homework) == "ada.zip is a symbolic link. Hand in the file itself."


def test_an_archive_that_is_too_large_is_not_read(folder: Path, homework: Homework) -> None:
    with (folder / "ada.zip").open("wb") as file:
        file.truncate(1 << 40)
    assert "is 1,099,511,627,776 bytes large; at most 20,000,000 are read" in refusal(folder, homework)


def test_control_characters_in_names_are_escaped(folder: Path, homework: Homework) -> None:
    zipped(folder, {"\x1b[31mred": "", "two\nlines": "", "\u202egnp.exe": ""})
    assert refusal(folder, homework).isprintable()
    (folder / "ada.zip").unlink()
    student(folder, "\udcff\x1b[2J.txt")
    assert refusal(folder, homework).isprintable()
