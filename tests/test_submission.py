"""Intake: what is read from a folder of submissions, and what is refused, with which words."""

import contextlib
import gzip
import io
import os
import stat
import tarfile
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


VALID_ZIP = io.BytesIO()
with zipfile.ZipFile(VALID_ZIP, "w", zipfile.ZIP_DEFLATED) as _archive:
    _archive.writestr("cnn.py", TEXT * 20)
VALID_TAR = io.BytesIO()
with tarfile.open(fileobj=VALID_TAR, mode="w") as _tar:
    _tar.addfile(_info := member("cnn.py"), io.BytesIO(b""))


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
