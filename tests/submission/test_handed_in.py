"""When a submission was handed in."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from autograder.submission import Entry, handed_in_at

EARLY, LATE = 1_700_000_000, 1_700_000_600


def written(path: Path, time: int, text: str = "") -> Path:
    path.write_text(text)
    os.utime(path, (time, time))
    return path


def when(*paths: Path, homework: str = "") -> str:
    return handed_in_at(Entry("ada", paths, homework=homework))


def test_the_newest_file_counts(tmp_path: Path) -> None:
    written(tmp_path / "rnn.py", EARLY)
    written(tmp_path / "notes.txt", LATE)
    assert when(tmp_path) == "2023-11-14T22:23:20+00:00"


def test_an_archive_has_one_time(tmp_path: Path) -> None:
    assert when(written(tmp_path / "ada.zip", EARLY)) == "2023-11-14T22:13:20+00:00"


def test_the_later_of_two_counts(tmp_path: Path) -> None:
    early, late = written(tmp_path / "ada.zip", EARLY), written(tmp_path / "ada.tar.gz", LATE)
    assert when(early, late) == "2023-11-14T22:23:20+00:00"


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-11-29 14:05:10.123456 UTC\n", "2026-11-29T14:05:10+00:00"),
        ("2026-11-29 14:05:10", "2026-11-29T14:05:10+00:00"),
        ("2026-11-29T15:05:10+01:00", "2026-11-29T14:05:10+00:00"),
    ],
)
def test_nbgraders_file_says_it(tmp_path: Path, text: str, time: str) -> None:
    written(tmp_path / "rnn.py", LATE)
    written(tmp_path / "timestamp.txt", LATE, text)
    assert when(tmp_path) == time


@pytest.mark.parametrize(
    "text",
    ["", "tomorrow", "2026" * 100, "0001-01-01 00:00:00+14:00", "9999-12-31 23:59:59-14:00"],
)
def test_an_invalid_file_says_nothing(tmp_path: Path, text: str) -> None:
    written(tmp_path / "timestamp.txt", EARLY, text)
    assert when(tmp_path) == "2023-11-14T22:13:20+00:00"


def test_each_homework_has_its_own_time(tmp_path: Path) -> None:
    """In nbgrader's tree, where a student's folder holds a folder for each homework."""
    for name, time in (("rnn", EARLY), ("gan", LATE)):
        (tmp_path / name).mkdir()
        written(tmp_path / name / f"{name}.py", time)
    assert when(tmp_path, homework="rnn") == "2023-11-14T22:13:20+00:00"
    assert when(tmp_path, homework="gan") == "2023-11-14T22:23:20+00:00"
    written(tmp_path / "gan/timestamp.txt", LATE, "2026-11-29 14:05:10 UTC")
    assert when(tmp_path, homework="gan") == "2026-11-29T14:05:10+00:00"


def test_the_time_of_a_folder_does_not_count(tmp_path: Path) -> None:
    """It changes when something is put into the folder."""
    written(tmp_path / "rnn.py", EARLY)
    (tmp_path / "__pycache__").mkdir()
    assert when(tmp_path) == "2023-11-14T22:13:20+00:00"


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    target = written(tmp_path / "secret.txt", LATE, "2026-11-29 14:05:10")
    folder = tmp_path / "ada"
    folder.mkdir()
    (folder / "timestamp.txt").symlink_to(target)
    assert when(folder) == ""


def test_what_is_not_there_has_no_time(tmp_path: Path) -> None:
    assert when(tmp_path / "nothing") == ""


@pytest.mark.parametrize("time", [-(1 << 40), 1 << 60])
def test_an_impossible_time_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, time: int) -> None:
    """A file system may return any number."""
    path = written(tmp_path / "ada.zip", EARLY)

    class Status:
        st_mtime = float(time)
        st_mode = 0o100644

    monkeypatch.setattr(Path, "lstat", lambda _: Status())
    assert when(path) == ""
