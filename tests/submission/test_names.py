"""Whose submission is whose: names that are one name, and names that only look like one."""

import zipfile
from pathlib import Path

import pytest

from autograder.homework import Homework
from autograder.submission import UnclearSubmission, find_submissions, read_submission, split_by_homework

COMPOSED, DECOMPOSED = "Zo\u00eb", "Zoe\u0308"
HIDDEN = ("ada", "ada\u200b", "ada\u200e")


def hand_in(folder: Path, name: str, *files: str) -> None:
    """Write a folder, or an archive where the name ends as one, with these files."""
    if name.endswith(".zip"):
        with zipfile.ZipFile(folder / name, "w") as archive:
            for file in files:
                archive.writestr(file, "x = 1\n")
        return
    for file in files:
        path = folder / name / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x = 1\n")


@pytest.mark.parametrize("first", [COMPOSED, f"{COMPOSED}.zip"])
@pytest.mark.parametrize("second", [DECOMPOSED, f"{DECOMPOSED}.zip"])
def test_one_name_in_two_forms_needs_staff(folder: Path, homework: Homework, first: str, second: str) -> None:
    """Folders, archives and mixtures of them."""
    for name in (first, second):
        hand_in(folder, name, "cnn.py")
    [entry] = find_submissions(folder)
    assert entry.student == COMPOSED
    assert len(entry.paths) == 2
    with pytest.raises(UnclearSubmission, match=r"There are 2 submissions: .*Zoe<U\+0308>"):
        read_submission(entry, homework)


def test_two_forms_need_staff_in_nbgraders_tree(folder: Path, homework: Homework) -> None:
    for name in (COMPOSED, DECOMPOSED):
        hand_in(folder, name, "cnn/cnn.py")
    entries, others = split_by_homework(find_submissions(folder), homework, ["cnn", "rnn"])
    assert others == []
    with pytest.raises(UnclearSubmission, match="There are 2 submissions"):
        read_submission(entries[0], homework)


def test_an_archive_beside_a_homework_is_seen(folder: Path, homework: Homework) -> None:
    """The folder alone says that the student handed in only another homework; the archive is unread yet."""
    hand_in(folder, DECOMPOSED, "rnn/rnn.py")
    hand_in(folder, f"{COMPOSED}.zip", "cnn.py")
    entries, others = split_by_homework(find_submissions(folder), homework, ["cnn", "rnn"])
    assert ([entry.student for entry in entries], others) == ([COMPOSED], [])


@pytest.mark.parametrize(
    ("names", "students"),
    [
        (HIDDEN, ["ada", "ada<U+200B>", "ada<U+200E>"]),
        (("Ada", "ada"), ["Ada", "ada"]),
        (("ada", "ada ", "ada."), ["ada", "ada.", "ada<U+0020>"]),
        (("ada", "\uff41\uff44\uff41"), ["ada", "\uff41\uff44\uff41"]),
        (("ada\x01", "ada\x02"), ["ada<U+0001>", "ada<U+0002>"]),
        (("ada<U+200B>", "ada\u200b"), ["ada<U+003C>U+200B>", "ada<U+200B>"]),
        (("ada.zip", "ada\u200b.zip", "ada .zip"), ["ada", "ada<U+0020>", "ada<U+200B>"]),
    ],
)
def test_names_that_look_alike_stay_apart(
    folder: Path, homework: Homework, names: tuple[str, ...], students: list[str]
) -> None:
    for name in names:
        hand_in(folder, name, "cnn.py")
    entries = find_submissions(folder)
    assert sorted(entry.student for entry in entries) == students
    assert all(read_submission(entry, homework).files for entry in entries)


def test_names_of_all_kinds_stay_as_they_are(folder: Path) -> None:
    names = [
        "00123456",
        "=sum",
        "Bob",
        "D'Arcy",
        "a&b<i>",
        "dom\\user",
        "m\u00fcller",
        "\u5f20\u4f1f",
        "x" * 120,
    ]
    names += ["jos\u00e9+test@example.edu", "van der Berg, Jan", "\u5c71\u7530\u3000\u592a\u90ce"]
    for name in names:
        hand_in(folder, name, "cnn.py")
    assert {entry.student for entry in find_submissions(folder)} == set(names)
