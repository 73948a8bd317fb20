"""Intake: what is read from a folder of submissions, and what is refused, with which words."""

import contextlib
import gzip
import io
import os
import stat
import struct
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.homework import Course, Homework
from autograder.submission import (
    RejectedSubmission,
    Submission,
    SubmissionsError,
    UnclearSubmission,
    find_submissions,
    read_submission,
)

TEXT = "def f():\n    return 1\n"
FEW = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)


@pytest.fixture(scope="module")
def homework() -> Homework:
    return Course.find(Path(__file__)).homework("cnn")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "submitted"
    path.mkdir()
    return path


def read(folder: Path, homework: Homework) -> Submission:
    [entry] = find_submissions(folder)
    return read_submission(entry, homework)


def refusal(folder: Path, homework: Homework) -> str:
    with pytest.raises(RejectedSubmission) as caught:
        read(folder, homework)
    return str(caught.value)


def student(folder: Path, name: str = "cnn.py", content: str | bytes = TEXT) -> Path:
    path = folder / "ada" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def zipped(folder: Path, members: dict[str, str | bytes]) -> Path:
    path = folder / "ada.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def tarred(folder: Path, members: list[tuple[tarfile.TarInfo, bytes]], ending: str = ".tar.gz") -> Path:
    path = folder / f"ada{ending}"
    with tarfile.open(path, "w:gz") as archive:
        for info, content in members:
            info.size = len(content) if info.type in (tarfile.REGTYPE, tarfile.AREGTYPE) else 0
            archive.addfile(info, io.BytesIO(content))
    return path


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


# The folder of submissions


def test_folders_and_archives_are_students_and_nothing_else_is(folder: Path) -> None:
    for name in ("ada", "Zoë Müller", ".git", "__MACOSX"):
        (folder / name).mkdir()
    for name in ("bob.zip", "cleo.tar.gz", "dan.TGZ", ".DS_Store", "notes.txt", ".hidden.zip"):
        (folder / name).touch()
    assert [entry.student for entry in find_submissions(folder)] == [
        "Zoë Müller",
        "ada",
        "bob",
        "cleo",
        "dan",
    ]


@pytest.mark.parametrize(
    ("make", "words"), [(None, "does not exist"), (Path.touch, "is a file"), (Path.mkdir, "none")]
)
def test_a_folder_that_holds_no_class_is_named(
    tmp_path: Path, make: Callable[[Path], None] | None, words: str
) -> None:
    path = tmp_path / "class"
    if make:
        make(path)
    with pytest.raises(SubmissionsError, match=words) as caught:
        find_submissions(path)
    assert str(path) in str(caught.value)


def test_two_submissions_of_one_student_go_to_staff(folder: Path, homework: Homework) -> None:
    student(folder)
    zipped(folder, {"cnn.py": TEXT})
    with pytest.raises(UnclearSubmission, match=r"ada and ada\.zip"):
        read(folder, homework)


# Folders


def test_one_submission_has_one_digest_however_it_is_packed(tmp_path: Path, homework: Homework) -> None:
    def fresh(name: str) -> Path:
        (tmp_path / name).mkdir()
        return tmp_path / name

    student(plain := fresh("plain"))
    student(tree := fresh("tree"), "cnn/cnn.py")
    zipped(
        archive := fresh("zip"),
        {"my work/cnn.py": TEXT, "__MACOSX/my work/cnn.py": "x", "my work/notes.md": "x"},
    )
    tarred(tar := fresh("tar"), [(member("./cnn.py"), TEXT.encode())])
    tarred(tgz := fresh("tgz"), [(member("cnn.py"), TEXT.encode())], ".tgz")
    read_all = [read(path, homework) for path in (plain, tree, archive, tar, tgz)]
    assert {submission.files["cnn.py"] for submission in read_all} == {TEXT}
    assert len({submission.digest for submission in read_all}) == 1
    student(plain, content=TEXT + "#")
    assert read(plain, homework).digest != read_all[0].digest


def test_only_declared_files_are_read(folder: Path, homework: Homework) -> None:
    student(folder)
    for name in ("conftest.py", "sitecustomize.py", "numpy.py", "homework.toml", "test_public.py"):
        student(folder, name, "raise SystemExit")
    assert set(read(folder, homework).files) == {"cnn.py"}


def test_a_byte_order_mark_is_dropped(folder: Path, homework: Homework) -> None:
    student(folder, content=b"\xef\xbb\xbf" + TEXT.encode())
    assert read(folder, homework).files["cnn.py"] == TEXT


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a = 1\nb = '\xe9'\n", "cnn.py is not UTF-8 text: byte 0xe9 in line 2. Save it as UTF-8."),
        (b"PK\0\0", "cnn.py is not a Python file: it holds binary data."),
        (
            b"\xef\xbb\xbfa = '\xe9'\n",
            "cnn.py is not UTF-8 text: byte 0xe9 in line 1. Save it as UTF-8.",
        ),
        (b"#" * 1_000_001, "cnn.py is 1,000,001 bytes large; at most 1,000,000 are read."),
    ],
)
def test_content_that_is_no_python_text_is_refused(
    folder: Path, homework: Homework, content: bytes, words: str
) -> None:
    student(folder, content=content)
    assert refusal(folder, homework) == words


def test_a_missing_file_is_named_with_what_is_there(folder: Path, homework: Homework) -> None:
    student(folder, "Cnn.py")
    student(folder, "notes.txt")
    expected = "Expected a file named cnn.py. Received: Cnn.py, notes.txt. Rename Cnn.py to cnn.py."
    assert refusal(folder, homework) == expected
    (folder / "ada" / "Cnn.py").unlink()
    (folder / "ada" / "notes.txt").unlink()
    assert refusal(folder, homework) == "Expected a file named cnn.py. Received: nothing."


def test_links_pipes_and_folders_are_not_files(folder: Path, homework: Homework, tmp_path: Path) -> None:
    (tmp_path / "secret.py").write_text("SECRET = 1")
    path = student(folder)
    path.unlink()
    path.symlink_to(tmp_path / "secret.py")
    assert refusal(folder, homework) == "cnn.py is a symbolic link. Hand in the file itself."
    path.unlink()
    os.mkfifo(path)
    assert refusal(folder, homework) == "cnn.py is not a regular file."
    path.unlink()
    path.mkdir()
    assert refusal(folder, homework) == "cnn.py is not a regular file."


def test_a_second_name_of_a_file_is_a_file(folder: Path, homework: Homework, tmp_path: Path) -> None:
    (tmp_path / "draft.py").write_text(TEXT)
    path = student(folder)
    path.unlink()
    path.hardlink_to(tmp_path / "draft.py")
    assert read(folder, homework).files["cnn.py"] == TEXT


def test_a_folder_that_is_a_link_is_refused(folder: Path, homework: Homework, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "cnn.py").write_text(TEXT)
    (folder / "ada").symlink_to(tmp_path / "other")
    assert refusal(folder, homework) == "ada is a symbolic link. Hand in the folder itself."


def test_a_huge_file_is_refused_unread(folder: Path, homework: Homework) -> None:
    path = student(folder)
    with path.open("wb") as file:
        file.truncate(1 << 40)
    assert "is 1,099,511,627,776 bytes large" in refusal(folder, homework)


def test_what_this_machine_cannot_read_goes_to_staff(
    folder: Path, homework: Homework, monkeypatch: pytest.MonkeyPatch
) -> None:
    student(folder)

    def refuse(*_: object, **__: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("autograder.submission.os.open", refuse)
    with pytest.raises(UnclearSubmission, match="Permission denied"):
        read(folder, homework)


# Archives


@pytest.mark.parametrize("name", ["../cnn.py", "/etc/cron.d/x", "a/../../x", "..\\x", "C:\\x", "\\x"])
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_an_archive_that_climbs_out_is_refused_as_a_whole(
    folder: Path, homework: Homework, name: str, kind: str
) -> None:
    if kind == "zip":
        zipped(folder, {"cnn.py": TEXT, name: "x"})
    else:
        tarred(folder, [(member("cnn.py"), TEXT.encode()), (member(name), b"x")])
    message = refusal(folder, homework)
    assert "lies outside the archive's own folder" in message
    assert "Nothing of it was read" in message


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE]
)
def test_members_that_are_no_files_are_refused(folder: Path, homework: Homework, kind: bytes) -> None:
    tarred(folder, [(member("cnn.py", kind, "/etc/passwd"), b"")])
    assert "not a regular file" in refusal(folder, homework) or "Expected a file" in refusal(folder, homework)


def test_a_link_in_a_zip_is_refused(folder: Path, homework: Homework) -> None:
    info = zipfile.ZipInfo("cnn.py")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(folder / "ada.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    assert refusal(folder, homework) == "cnn.py in the archive is not a regular file."


def test_a_member_twice_is_refused(folder: Path, homework: Homework) -> None:
    zipped(folder, {"cnn.py": TEXT, "old/cnn.py": TEXT})
    assert refusal(folder, homework) == "The archive holds cnn.py 2 times. Keep one of them."


def test_bombs_are_refused_without_being_unpacked(folder: Path, homework: Homework) -> None:
    path = zipped(folder, {"cnn.py": b"\0" * (300 << 20)})
    assert path.stat().st_size < 1_000_000
    assert "cnn.py is 314,572,800 bytes large" in refusal(folder, homework)
    path.unlink()
    tarred(folder, [(member("zeros"), b"\0" * (300 << 20)), (member("cnn.py"), TEXT.encode())])
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


def test_an_archive_without_the_file_names_what_it_holds(folder: Path, homework: Homework) -> None:
    zipped(folder, {"a/b/c/cnn.py": TEXT, "main.py": TEXT})
    assert "Expected a file named cnn.py. Received: a/b/c/cnn.py, main.py." in refusal(folder, homework)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (tarfile.XHDTYPE, "its headers are larger than is read"),
        (tarfile.GNUTYPE_LONGNAME, "its headers are larger than is read"),
        (tarfile.XGLTYPE, "Expected a file named cnn.py. Received: nothing."),
        (tarfile.REGTYPE, "Expected a file named cnn.py. Received: x."),
    ],
)
def test_an_archive_of_zeros_is_refused_in_little_memory(
    folder: Path, homework: Homework, kind: bytes, words: str
) -> None:
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


def test_an_archive_of_nothing_but_headers_is_refused(folder: Path, homework: Homework) -> None:
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
def test_each_dialect_of_tar_is_read_with_its_long_names(
    folder: Path, homework: Homework, dialect: int
) -> None:
    long = "Übung 4 " + "x" * (60 if dialect == tarfile.USTAR_FORMAT else 180)
    with tarfile.open(folder / "ada.tar.gz", "w:gz", format=dialect, pax_headers={"comment": "c"}) as archive:
        for name, content in ((f"{long}/notes.txt", b"n" * 700), (f"{long}/cnn.py", TEXT.encode())):
            info = member(name)
            info.size, info.mtime = len(content), 1.5 if dialect == tarfile.PAX_FORMAT else 1
            archive.addfile(info, io.BytesIO(content))
    assert read(folder, homework).files["cnn.py"] == TEXT


def test_a_zip_with_a_million_entries_is_refused_unlisted(
    folder: Path, homework: Homework, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = (20, 3, 20, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0)
    entry = struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", *fields) + b"a"
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0, 0, len(entry) * 1_000_000, 0, 0)
    (folder / "ada.zip").write_bytes(entry * 1_000_000 + end)
    monkeypatch.delattr("zipfile.ZipFile.infolist")
    assert refusal(folder, homework) == "The archive has too many members; at most 10,000 are read."


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_packed_by_an_unusual_method_is_refused_unpacked(
    folder: Path, homework: Homework, method: int
) -> None:
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


def test_a_zip_whose_content_does_not_unpack_is_refused(folder: Path, homework: Homework) -> None:
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


def test_an_archive_that_is_too_large_is_refused_unread(folder: Path, homework: Homework) -> None:
    with (folder / "ada.zip").open("wb") as file:
        file.truncate(1 << 40)
    assert "is 1,099,511,627,776 bytes large; at most 50,000,000 are read" in refusal(folder, homework)


def test_names_that_steer_a_terminal_are_shown_harmless(folder: Path, homework: Homework) -> None:
    zipped(folder, {"\x1b[31mred": "", "two\nlines": "", "\u202egnp.exe": ""})
    assert refusal(folder, homework).isprintable()
    (folder / "ada.zip").unlink()
    student(folder, "\udcff\x1b[2J.txt")
    assert refusal(folder, homework).isprintable()


VALID_ZIP = io.BytesIO()
with zipfile.ZipFile(VALID_ZIP, "w", zipfile.ZIP_DEFLATED) as _archive:
    _archive.writestr("cnn.py", TEXT * 20)
VALID_TAR = io.BytesIO()
with tarfile.open(fileobj=VALID_TAR, mode="w") as _tar:
    _info = member("cnn.py")
    _info.size = len(TEXT)
    _tar.addfile(_info, io.BytesIO(TEXT.encode()))


@FEW
@given(data=st.data())
def test_damaged_archives_are_refused_or_read(folder: Path, homework: Homework, data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from([".zip", ".tar.gz"]))
    content = bytearray(VALID_ZIP.getvalue() if kind == ".zip" else VALID_TAR.getvalue())
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, min(len(content), 700) - 1))] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.integers(1, len(content)))]
    path = folder / f"ada{kind}"
    path.write_bytes(content if kind == ".zip" else gzip.compress(bytes(content)))
    with contextlib.suppress(RejectedSubmission):
        assert isinstance(read(folder, homework), Submission)
    path.unlink()


@FEW
@given(
    content=st.binary(max_size=600), kind=st.sampled_from([".zip", ".tar.gz", ".tgz"]), packed=st.booleans()
)
def test_random_archives_are_refused(
    folder: Path, homework: Homework, content: bytes, kind: str, packed: bool
) -> None:
    path = folder / f"ada{kind}"
    path.write_bytes(gzip.compress(content) if packed else content)
    assert refusal(folder, homework)
    path.unlink()


@FEW
@given(
    places=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=4),
    kept=st.integers(0, 10_000),
)
def test_damaged_packing_is_refused_or_read(
    folder: Path, homework: Homework, places: list[tuple[int, int]], kept: int
) -> None:
    content = bytearray(gzip.compress(VALID_TAR.getvalue(), mtime=0))
    for place, value in places:
        content[place % len(content)] = value
    path = folder / "ada.tar.gz"
    path.write_bytes(content[: max(len(content) // 2, kept % (2 * len(content)))])
    with contextlib.suppress(RejectedSubmission):
        assert read(folder, homework).files["cnn.py"]
    path.unlink()
