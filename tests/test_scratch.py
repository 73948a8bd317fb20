"""Scratch folders of jobs go, whatever was left in them, and nothing else goes with them."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from autograder.sandbox.scratch import remove_tree, scratch_folder


def test_a_folder_is_private_and_removed_in_the_end(tmp_path: Path) -> None:
    with scratch_folder(str(tmp_path)) as folder:
        assert Path(folder).stat().st_mode & 0o777 == 0o700
        Path(folder, "file").write_text("x")
    assert list(tmp_path.iterdir()) == []


def test_folders_that_nobody_may_enter_are_removed(tmp_path: Path) -> None:
    folder = tmp_path / "left"
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "a" / "b" / "file").write_text("x")
    (folder / "a" / "b").chmod(0)
    (folder / "a").chmod(0)
    remove_tree(folder)
    assert not folder.exists()


def test_folders_nested_deeper_than_any_path_are_removed(tmp_path: Path) -> None:
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


def test_whoever_still_writes_for_a_moment_does_not_keep_the_folder(tmp_path: Path) -> None:
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
