"""Scratch folders of jobs go, whatever was left in them, and nothing else goes with them."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from autograder.sandbox import scratch
from autograder.sandbox.scratch import remove_tree, scratch_folder, sweep


def test_a_scratch_folder_is_private_and_removed(tmp_path: Path) -> None:
    with scratch_folder(str(tmp_path)) as folder:
        assert Path(folder).stat().st_mode & 0o777 == 0o700
        Path(folder, "file").write_text("x")
    assert list(tmp_path.iterdir()) == []


def test_folders_without_permissions_are_removed(tmp_path: Path) -> None:
    folder = tmp_path / "left"
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "a" / "b" / "file").write_text("x")
    (folder / "a" / "b").chmod(0)
    (folder / "a").chmod(0)
    remove_tree(folder)
    assert not folder.exists()


def test_very_deep_folders_are_removed(tmp_path: Path) -> None:
    """They are nested deeper than the longest path that the kernel takes."""
    folder = tmp_path / "left"
    folder.mkdir()
    here = Path.cwd()
    try:
        os.chdir(folder)
        for _ in range(2000):
            Path("deeper").mkdir()
            os.chdir("deeper")
    finally:
        os.chdir(here)
    remove_tree(folder)
    assert not folder.exists()


def test_links_are_removed_and_not_followed(tmp_path: Path) -> None:
    kept = tmp_path / "course"
    kept.mkdir()
    (kept / "grades.csv").write_text("alice,40")
    before = kept.stat().st_mode
    folder = tmp_path / "left"
    folder.mkdir()
    (folder / "folder").symlink_to(kept)
    (folder / "file").symlink_to(kept / "grades.csv")
    os.link(kept / "grades.csv", folder / "hard")
    (folder / "nowhere").symlink_to("nowhere")
    remove_tree(folder)
    assert not folder.exists()
    assert (kept / "grades.csv").read_text() == "alice,40"
    assert kept.stat().st_mode == before


def test_a_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "course").mkdir()
    (tmp_path / "left").symlink_to("course")
    with pytest.raises(OSError, match="left"):
        remove_tree(tmp_path / "left")
    assert (tmp_path / "course").exists()


def test_removal_is_retried_while_files_appear(tmp_path: Path) -> None:
    """A process that was just killed may still write into the folder for a moment."""
    with scratch_folder(str(tmp_path)) as folder:

        def write() -> None:
            end = time.monotonic() + 0.15
            while time.monotonic() < end:
                try:
                    Path(folder, str(time.monotonic_ns())).touch()
                except OSError:
                    return

        writer = threading.Thread(target=write)
        writer.start()
    writer.join()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_becomes_a_link_is_safe(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A job that is being killed may put a link in place of a folder before that is opened."""
    kept = tmp_path / "course"
    kept.mkdir()
    kept.chmod(0o755)
    left = tmp_path / "left"
    (left / "folder").mkdir(parents=True)
    honest = scratch._make_accessible

    def swap(name: str, folder: int) -> None:
        (left / "folder").rmdir()
        (left / "folder").symlink_to(kept)
        honest(name, folder)

    monkeypatch.setattr(scratch, "_make_accessible", swap)
    with pytest.raises(NotADirectoryError):
        remove_tree(left)
    assert kept.stat().st_mode & 0o777 == 0o755
    remove_tree(left)
    assert kept.is_dir()


LEAVE_A_FOLDER = """
import os, pathlib, signal, sys
from autograder.sandbox.scratch import scratch_folder
with scratch_folder(sys.argv[1]) as folder:
    pathlib.Path(folder, "cnn.py").write_text("of a student")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_only_folders_of_killed_graders_are_swept(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", LEAVE_A_FOLDER, str(tmp_path)], check=False)
    [left] = tmp_path.iterdir()
    others = [tmp_path / name for name in ("autograder-notes", "autograder-scratch-of-mine", "file")]
    for other in others:
        other.mkdir()
    (tmp_path / "autograder-scratch-abcdefgh").symlink_to(others[0])
    (tmp_path / "autograder-scratch-aaaaaaaa").write_text("a file")
    with scratch_folder(str(tmp_path)) as used:
        sweep(str(tmp_path))
        assert left.exists()  # it is as fresh as one whose owner has still to lock it
        sweep(str(tmp_path), fresh_seconds=0)
        assert not left.exists()
        assert Path(used).exists()
    assert len(list(tmp_path.iterdir())) == 5


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make somebody else's folder")
def test_folders_of_other_users_are_never_swept(tmp_path: Path) -> None:
    theirs = tmp_path / "autograder-scratch-abcdefgh"
    theirs.mkdir()
    os.chown(theirs, 1234, 1234)
    sweep(str(tmp_path), fresh_seconds=0)
    assert theirs.exists()
