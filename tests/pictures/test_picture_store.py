"""Pictures in a folder: what is written, and what is read again."""

import os
from pathlib import Path

import numpy as np
import pytest

from autograder.pictures import image_grid
from autograder.pictures.limits import MOST_BYTES
from autograder.pictures.store import read_pictures, replace_pictures, write_pictures
from autograder.result import (
    Artifact,
    CheckResult,
    CheckStatus,
    SubmissionResult,
    SubmissionStatus,
    Visibility,
)

PNG = image_grid(np.ones((1, 4, 4)), 1)
NAME = "a-samples.png"


def result(*names: str) -> SubmissionResult:
    artifacts = tuple(Artifact(name, "Samples") for name in names)
    check = CheckResult("a", "A", Visibility.PUBLIC, 1, 1, CheckStatus.PASSED, artifacts=artifacts)
    return SubmissionResult("ada", "tiny", "", SubmissionStatus.GRADED, 1, 1, checks=(check,))


def test_what_was_written_is_read(tmp_path: Path) -> None:
    write_pictures(tmp_path / "ada", {NAME: PNG})
    assert read_pictures(tmp_path / "ada", result(NAME)) == {NAME: PNG}


def test_writing_leaves_other_files_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    write_pictures(tmp_path, {NAME: PNG})
    assert sorted(path.name for path in tmp_path.iterdir()) == [NAME, "mine.txt"]


def test_without_pictures_there_is_no_folder(tmp_path: Path) -> None:
    write_pictures(tmp_path / "ada", {})
    replace_pictures(tmp_path / "bob", {})
    assert list(tmp_path.iterdir()) == []


def test_replacing_removes_earlier_pictures(tmp_path: Path) -> None:
    folder = tmp_path / "ada"
    replace_pictures(folder, {NAME: PNG})
    replace_pictures(folder, {"a-other.png": PNG})
    assert [path.name for path in folder.iterdir()] == ["a-other.png"]
    replace_pictures(folder, {})
    assert not folder.exists()


def test_replacing_a_link_keeps_its_target(tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    (tmp_path / "ada").symlink_to(tmp_path / "target")
    replace_pictures(tmp_path / "ada", {NAME: PNG})
    assert list((tmp_path / "target").iterdir()) == []
    assert (tmp_path / "ada" / NAME).read_bytes() == PNG


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    (tmp_path / "ada").symlink_to(tmp_path / "target")
    with pytest.raises(NotADirectoryError, match="symbolic link"):
        write_pictures(tmp_path / "ada", {NAME: PNG})
    assert list((tmp_path / "target").iterdir()) == []


@pytest.mark.parametrize("name", ["../a-x.png", "/tmp/a-x.png", "a/b-x.png", "samples.png", ""])
def test_a_path_is_no_name_of_a_picture(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="Expected the file name of a check's picture"):
        write_pictures(tmp_path / "ada", {NAME: PNG, name: PNG})
    assert list(tmp_path.iterdir()) == []
    assert read_pictures(tmp_path, result(name)) == {}


def test_only_named_pictures_are_read(tmp_path: Path) -> None:
    write_pictures(tmp_path, {NAME: PNG})
    assert read_pictures(tmp_path, result()) == {}
    assert read_pictures(tmp_path / "nowhere", result(NAME)) == {}


@pytest.mark.parametrize("data", [b"", b"GIF89a", PNG[:-1], PNG + bytes(MOST_BYTES)])
def test_what_is_no_valid_picture_is_not_read(tmp_path: Path, data: bytes) -> None:
    (tmp_path / NAME).write_bytes(data)
    assert read_pictures(tmp_path, result(NAME)) == {}


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    folder = tmp_path / "ada"
    folder.mkdir()
    (tmp_path / "secret.png").write_bytes(PNG)
    (folder / "a-link.png").symlink_to(tmp_path / "secret.png")
    (folder / "a-folder.png").mkdir()
    os.mkfifo(folder / "a-pipe.png")
    assert read_pictures(folder, result("a-link.png", "a-folder.png", "a-pipe.png")) == {}
