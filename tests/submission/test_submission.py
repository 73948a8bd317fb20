"""Intake: who is in the class, and what is read from a folder; archives have tests of their own."""

import os
import shutil
import stat
import time
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest
from packing import TEXT, member, read, refusal, student, tarred, zipped

from autograder.homework import Homework
from autograder.submission import (
    RejectedSubmission,
    SubmissionsError,
    UnclearSubmission,
    digest_of,
    find_submissions,
    passed_over,
    split_by_homework,
)

# The folder of submissions


def test_only_folders_and_archives_are_students(folder: Path) -> None:
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


def test_two_submissions_of_a_student_go_to_staff(folder: Path, homework: Homework) -> None:
    student(folder)
    zipped(folder, {"cnn.py": TEXT})
    with pytest.raises(UnclearSubmission, match=r"ada and ada\.zip"):
        read(folder, homework)


# Folders


def test_the_digest_is_the_same_for_all_packings(tmp_path: Path, homework: Homework) -> None:
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
        (TEXT.encode("utf-16"), "cnn.py is saved as UTF-16. Save it as UTF-8."),
        (TEXT.encode("utf-16-be"), "cnn.py is saved as UTF-16. Save it as UTF-8."),
        (f"# caf\u00e9 \u2192{TEXT}".encode("utf-16-le"), "cnn.py is saved as UTF-16. Save it as UTF-8."),
        (TEXT.encode("utf-32"), "cnn.py is saved as UTF-32. Save it as UTF-8."),
        (
            b"\xef\xbb\xbfa = '\xe9'\n",
            "cnn.py is not UTF-8 text: byte 0xe9 in line 1. Save it as UTF-8.",
        ),
        (b"#" * 1_000_001, "cnn.py is 1,000,001 bytes large; at most 1,000,000 are read."),
    ],
)
def test_a_file_that_is_no_text_is_refused(
    folder: Path, homework: Homework, content: bytes, words: str
) -> None:
    """A file that is too large is refused, too."""
    student(folder, content=content)
    assert refusal(folder, homework) == words


def test_a_missing_file_lists_what_is_there(folder: Path, homework: Homework) -> None:
    student(folder, "Cnn.py")
    student(folder, "notes.txt")
    expected = "Expected a file named cnn.py. Received: Cnn.py, notes.txt. Rename Cnn.py to cnn.py."
    assert refusal(folder, homework) == expected
    (folder / "ada" / "Cnn.py").unlink()
    (folder / "ada" / "notes.txt").unlink()
    assert refusal(folder, homework) == "Expected a file named cnn.py. Received: nothing."


@pytest.mark.parametrize("packed", [False, True])
def test_one_of_several_declared_files_is_enough(folder: Path, homework: Homework, *, packed: bool) -> None:
    """The submission names the missing ones and says what to rename."""
    two = replace(homework, files=("cnn.py", "more.py"))
    files: dict[str, str | bytes] = {"More.py": "y = 2", "cnn.py": TEXT}
    if packed:
        zipped(folder, files)
    else:
        for name, text in files.items():
            student(folder, name, text)
    submission = read(folder, two)
    assert dict(submission.files) == {"cnn.py": TEXT}
    assert list(submission.missing) == ["more.py"]
    assert "Expected a file named more.py. Received: " in submission.missing["more.py"]
    assert "Rename More.py to more.py." in submission.missing["more.py"]
    assert submission.digest == digest_of({"cnn.py": TEXT.encode()})


def test_one_invalid_file_does_not_hide_another(folder: Path, homework: Homework) -> None:
    """The valid one is read, and the other is reported as missing."""
    student(folder, "cnn.py")
    student(folder, "autoencoder.py", "x = 1".encode("utf-16"))
    submission = read(folder, homework)
    assert dict(submission.files) == {"cnn.py": TEXT}
    assert submission.missing == {"autoencoder.py": "autoencoder.py is saved as UTF-16. Save it as UTF-8."}


def make_link(path: Path) -> None:
    path.symlink_to(path.parent.parent.parent / "secret.py")


def make_device(path: Path) -> None:
    try:
        os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("only root makes devices")


NO_FILES = [
    pytest.param(make_link, "a symbolic link", id="link"),
    pytest.param(lambda path: path.symlink_to(path), "a symbolic link", id="link to itself"),
    pytest.param(lambda path: path.symlink_to("x" * 4000), "a symbolic link", id="link to nowhere"),
    pytest.param(os.mkfifo, "a named pipe", id="pipe"),
    pytest.param(lambda path: os.mknod(path, stat.S_IFSOCK | 0o600), "a socket", id="socket"),
    pytest.param(make_device, "a device", id="device"),
]


@pytest.mark.parametrize(("make", "kind"), [*NO_FILES, pytest.param(Path.mkdir, "a folder", id="folder")])
def test_a_declared_file_that_is_no_file_is_named(
    folder: Path, homework: Homework, tmp_path: Path, make: Callable[[Path], None], kind: str
) -> None:
    (tmp_path / "secret.py").write_text("SECRET = 1")
    path = student(folder)
    path.unlink()
    make(path)
    assert refusal(folder, homework) == f"cnn.py is {kind}. Hand in the file itself."


@pytest.mark.parametrize(("make", "kind"), NO_FILES)
def test_an_archive_that_is_no_file_is_named(
    folder: Path, homework: Homework, make: Callable[[Path], None], kind: str
) -> None:
    make(folder / "ada.zip")
    assert refusal(folder, homework) == f"ada.zip is {kind}. Hand in the file itself."


@pytest.mark.parametrize(("make", "kind"), NO_FILES)
def test_what_is_no_submission_is_ignored(
    folder: Path, homework: Homework, make: Callable[[Path], None], kind: str
) -> None:
    """Only folders and archives are read; the rest is listed."""
    student(folder)
    make(folder / "eve")
    assert read(folder, homework).student == "ada"
    assert passed_over(folder) == ["eve"]


def test_a_file_with_a_second_name_goes_to_staff(folder: Path, homework: Homework, tmp_path: Path) -> None:
    (tmp_path / "reference.py").write_text(TEXT)
    path = student(folder)
    path.unlink()
    path.hardlink_to(tmp_path / "reference.py")
    expected = (
        "cnn.py is one file with 2 names (hard links), so it may be somebody else's. "
        "If it is the student's own, put a copy in its place and grade it once more."
    )
    assert refusal(folder, homework, UnclearSubmission) == expected
    (tmp_path / "reference.py").unlink()
    assert read(folder, homework).files["cnn.py"] == TEXT


def test_a_hard_linked_archive_goes_to_staff(folder: Path, homework: Homework, tmp_path: Path) -> None:
    (folder / "ada.zip").hardlink_to(zipped(tmp_path, {"cnn.py": TEXT}))
    assert "ada.zip is one file with 2 names" in refusal(folder, homework, UnclearSubmission)


def test_a_write_during_the_reading_goes_to_staff(
    folder: Path, homework: Homework, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, fdopen = student(folder), os.fdopen

    def slow_fdopen(*arguments: Any, **options: Any) -> Any:
        path.write_text(TEXT + "# more")
        return fdopen(*arguments, **options)

    monkeypatch.setattr("autograder.submission._disk.os.fdopen", slow_fdopen)
    expected = "cnn.py changed while it was being read. Grade it once more."
    assert refusal(folder, homework, UnclearSubmission) == expected


def rewrite(path: Path) -> None:
    """Write as many other bytes, and set the date of the last write back."""
    before = path.stat()
    path.write_text("#" * before.st_size)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def replace_by_another(path: Path) -> None:
    path.with_name("new.py").write_text("raise SystemExit")
    path.with_name("new.py").replace(path)


@pytest.mark.parametrize("change", [rewrite, replace_by_another])
def test_a_change_of_the_same_size_goes_to_staff(
    folder: Path, homework: Homework, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], None]
) -> None:
    """The modification time does not show it either."""
    path, fdopen = student(folder), os.fdopen

    def slow_fdopen(*arguments: Any, **options: Any) -> Any:
        time.sleep(0.05)  # older kernels write dates a hundred times a second
        change(path)
        return fdopen(*arguments, **options)

    monkeypatch.setattr("autograder.submission._disk.os.fdopen", slow_fdopen)
    assert "cnn.py changed while it was being read" in refusal(folder, homework, UnclearSubmission)


@pytest.mark.parametrize("trick", ["symlink", "fifo"])
def test_a_file_replaced_in_between_is_not_read(
    folder: Path, homework: Homework, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, trick: str
) -> None:
    """It becomes a link or a pipe just before it is opened."""
    path, opened = student(folder), os.open
    (tmp_path / "secret.py").write_text("SECRET = 1")

    def slow_open(name: Any, *arguments: Any, **options: Any) -> int:
        if name == "cnn.py":
            path.unlink()
            path.symlink_to(tmp_path / "secret.py") if trick == "symlink" else os.mkfifo(path)
        return opened(name, *arguments, **options)

    monkeypatch.setattr("autograder.submission._disk.os.open", slow_open)
    with pytest.raises((RejectedSubmission, UnclearSubmission)):
        read(folder, homework)


def test_a_folder_replaced_by_a_link_is_not_read(
    folder: Path, homework: Homework, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The folder is replaced just before it is opened."""
    student(folder, "cnn/cnn.py")
    opened = os.open
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "cnn.py").write_text("SECRET = 1")

    def slow_open(name: Any, *arguments: Any, **options: Any) -> int:
        if name == "cnn":
            (folder / "ada" / "cnn").rename(tmp_path / "away")
            (folder / "ada" / "cnn").symlink_to(tmp_path / "other")
        return opened(name, *arguments, **options)

    monkeypatch.setattr("autograder.submission._disk.os.open", slow_open)
    with pytest.raises(UnclearSubmission, match="cannot be read here"):
        read(folder, homework)


def test_a_sparse_file_is_its_zeros(folder: Path, homework: Homework) -> None:
    with student(folder).open("wb") as file:
        file.truncate(900_000)
    assert refusal(folder, homework) == "cnn.py is not a Python file: it holds binary data."


def test_a_folder_that_is_a_link_is_refused(folder: Path, homework: Homework, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "cnn.py").write_text(TEXT)
    (folder / "ada").symlink_to(tmp_path / "other")
    assert refusal(folder, homework) == "ada is a symbolic link. Hand in the folder itself."


def test_a_link_named_as_the_homework_is_refused(folder: Path, homework: Homework, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "cnn.py").write_text(TEXT)
    (folder / "ada").mkdir()
    (folder / "ada" / "cnn").symlink_to(tmp_path / "other")
    assert refusal(folder, homework) == "cnn is a symbolic link. Hand in the folder itself."


def test_a_file_with_the_homeworks_name_is_a_file(folder: Path, homework: Homework) -> None:
    student(folder, "cnn")
    assert refusal(folder, homework) == "Expected a file named cnn.py. Received: cnn."


def test_a_file_precedes_the_homeworks_folder(folder: Path, homework: Homework) -> None:
    student(folder)
    student(folder, "cnn/cnn.py", "raise SystemExit")
    assert read(folder, homework).files["cnn.py"] == TEXT


def test_only_the_homeworks_folder_is_searched(folder: Path, homework: Homework) -> None:
    """Where it exists, no other folder can supply a missing file."""
    student(folder, "cnn/main.py")
    assert refusal(folder, homework) == "Expected a file named cnn.py. Received: main.py."
    student(folder, "work/cnn.py")
    assert refusal(folder, homework) == "Expected a file named cnn.py. Received: main.py."


def test_an_archive_in_a_folder_is_named(folder: Path, homework: Homework) -> None:
    student(folder, "homework.ZIP", zipped(folder, {"cnn.py": TEXT}).read_bytes())
    (folder / "ada.zip").unlink()
    student(folder, "notes/a.txt")
    expected = (
        "Expected a file named cnn.py. Received: homework.ZIP, notes/. homework.ZIP is an archive inside the "
        "folder, which is not looked into: hand in that one by itself, or the files that are in it."
    )
    assert refusal(folder, homework) == expected


def test_only_the_exact_case_of_a_name_counts(folder: Path, homework: Homework) -> None:
    for name in ("CNN.py", "Cnn.py", "cnn.PY"):
        student(folder, name, "raise SystemExit")
    student(folder)
    assert read(folder, homework).files == {"cnn.py": TEXT}


@pytest.mark.parametrize("written", ["NFC", "NFD"])
def test_composed_and_decomposed_names_are_found(
    folder: Path, homework: Homework, written: Literal["NFC", "NFD"]
) -> None:
    wanted = replace(homework, files=("\u00fcbung.py",))
    student(folder, unicodedata.normalize(written, "\u00fcbung.py"))
    assert read(folder, wanted).files == {"\u00fcbung.py": TEXT}


def test_a_file_in_two_spellings_is_refused(folder: Path, homework: Homework) -> None:
    """This holds for folders and for archives."""
    wanted = replace(homework, files=("\u00fcbung.py",))
    spellings = {"u\u0308bung.py": "other = 1", "\u00fcbung.py": TEXT}
    for name, content in spellings.items():
        student(folder, name, content)
    assert refusal(folder, wanted) == "The folder holds \u00fcbung.py 2 times. Keep one of them."
    shutil.rmtree(folder / "ada")
    zipped(folder, dict(spellings))
    assert refusal(folder, wanted) == "The archive holds \u00fcbung.py 2 times. Keep one of them."


def test_one_name_in_two_spellings_is_one_student(folder: Path, homework: Homework) -> None:
    """The spellings have the same normalized form."""
    for name in ("Zo\u00eb", "Zoe\u0308"):
        (folder / name).mkdir()
    [entry] = find_submissions(folder)
    assert entry.student == "Zo\u00eb"
    assert len(entry.paths) == 2


def test_a_students_name_cannot_steer_a_terminal(folder: Path) -> None:
    for name in ("a\x1b[2Jb", "c\nd", "e\u202ef", "g\u2028h"):
        (folder / name).mkdir()
    assert [entry.student for entry in find_submissions(folder)] == [
        "a<U+001B>[2Jb",
        "c<U+000A>d",
        "e<U+202E>f",
        "g<U+2028>h",
    ]


def test_a_folder_of_too_many_files_is_refused(
    folder: Path, homework: Homework, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autograder.submission._disk.MAX_ENTRIES", 3)
    for name in ("cnn.py", "a", "b", "c"):
        student(folder, name)
    assert "The folder has too many entries" in refusal(folder, homework)


def test_a_file_with_a_second_ending_is_named(folder: Path, homework: Homework) -> None:
    """The message says how to rename it."""
    student(folder, "cnn.py.txt")
    assert refusal(folder, homework).endswith("Rename cnn.py.txt to cnn.py.")


def test_a_huge_file_is_refused_unread(folder: Path, homework: Homework) -> None:
    path = student(folder)
    with path.open("wb") as file:
        file.truncate(1 << 40)
    assert "is 1,099,511,627,776 bytes large" in refusal(folder, homework)


def test_an_unreadable_file_goes_to_staff(
    folder: Path, homework: Homework, monkeypatch: pytest.MonkeyPatch
) -> None:
    student(folder)

    def refuse(*_: object, **__: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("autograder.submission._disk.os.open", refuse)
    with pytest.raises(UnclearSubmission, match="Permission denied"):
        read(folder, homework)


def test_students_of_other_homeworks_are_left_out(folder: Path, homework: Homework) -> None:
    """They have folders of other homeworks only."""
    for path in ("ann/cnn", "bob/rnn", "cid/rnn", "cid/cnn", "eve", "fay/rnn"):
        (folder / path).mkdir(parents=True)
    (folder / "fay/cnn.py").touch()  # beside folders of others: still a submission of this homework
    here, others = split_by_homework(find_submissions(folder), homework, ["cnn", "rnn", "gan"])
    assert [entry.student for entry in here] == ["ann", "cid", "eve", "fay"]
    assert others == ["bob"]
